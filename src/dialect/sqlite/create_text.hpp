#pragma once

// Edits of CREATE texts, by tokens: the rest of the text, its comments and its layout stay as the application wrote
// them.
//
// All but the triggers' serve the procedure that SQLite documents under ALTER TABLE for changes that do not touch the rows:
// the new text is written into sqlite_schema. Each throws Error where the text cannot be understood or has no such
// column.

#include "evolver/schema/constraint.hpp"
#include "evolver/schema/name.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace evolver::sqlite {

/// `column` with NOT NULL. Unchanged if it has that already; a bare NULL clause, which SQLite takes for nothing, goes.
[[nodiscard]] std::string with_not_null(std::string_view create_table, Name const& column);

/// `column` without any NOT NULL, its CONSTRAINT name and its ON CONFLICT included. Unchanged if it has none.
[[nodiscard]] std::string without_not_null(std::string_view create_table, Name const& column);

/// `column` with DEFAULT `default_text`, in place of the default that it had.
[[nodiscard]] std::string with_default(std::string_view create_table, Name const& column,
                                       std::string_view default_text);

/// `column` without a default. Unchanged if it has none.
[[nodiscard]] std::string without_default(std::string_view create_table, Name const& column);

/// The table with `check` as its last constraint.
[[nodiscard]] std::string with_check(std::string_view create_table, Check const& check);

/// The table without the check of that name, or, where `check` has no name, without the unnamed ones of that condition.
[[nodiscard]] std::string without_check(std::string_view create_table, Check const& check);

/// The table with `key` as its last constraint.
[[nodiscard]] std::string with_foreign_key(std::string_view create_table, ForeignKey const& key);

/// The table without the foreign key of that name, or, where `key` has no name, without those from and to the same columns.
[[nodiscard]] std::string without_foreign_key(std::string_view create_table, ForeignKey const& key);

/// The table without `column`. For a new table: the rows of the old one have the column still.
[[nodiscard]] std::string without_column(std::string_view create_table, Name const& column);

/// The table with the primary key `columns`, each of them NOT NULL, in place of the one that it had. For a new table.
[[nodiscard]] std::string with_primary_key(std::string_view create_table, std::vector<Name> const& columns);

/// The table without the UNIQUE constraint of that name, or, where `key` has no name, without the unnamed ones over the same
/// columns. For a new table.
[[nodiscard]] std::string without_unique(std::string_view create_table, UniqueKey const& key);

/// What the bytes of the rows need, and no more: the table without checks, foreign keys and UNIQUE, and, where rows have a rowid, without its
/// primary key.
enum class Rows { by_rowid, by_primary_key };
[[nodiscard]] std::string without_rules(std::string_view create_table, Rows rows);

/// Does the key count up for ever?
[[nodiscard]] bool is_autoincrement(std::string_view create_table);

/// The same table by the name `table`.
[[nodiscard]] std::string named_table(std::string_view create_table, Name const& table);

/// The same index by the name `index`, over `table`.
[[nodiscard]] std::string named_index(std::string_view create_index, Name const& index, Name const& table);

/// `CONSTRAINT "name" FOREIGN KEY (…) REFERENCES …`, as it stands in a CREATE TABLE.
[[nodiscard]] std::string foreign_key_clause(ForeignKey const& key);

/// `expression` in parentheses; a line comment at its end does not swallow them.
[[nodiscard]] std::string enclosed(std::string_view expression);

/// `CONSTRAINT "name" CHECK (…)`.
[[nodiscard]] std::string check_clause(Check const& check);

/// A trigger that fires for every UPDATE, made to fire for updates of `columns` only. Unchanged if it is a trigger of
/// INSERT or DELETE, or has a list of columns already. evolver's own writes to columns that are younger than the
/// trigger then do not fire it (field-notes/semantics.md, rule 4).
[[nodiscard]] std::string narrowed_trigger(std::string_view create_trigger, std::vector<Name> const& columns);

/// What narrowed_trigger() was given, also after columns in the list were renamed. Unchanged if it was not narrowed so.
[[nodiscard]] std::string widened_trigger(std::string_view create_trigger);

}  // namespace evolver::sqlite
