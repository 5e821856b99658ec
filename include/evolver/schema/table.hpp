#pragma once

/// A table as a value.

#include "evolver/schema/column.hpp"
#include "evolver/schema/constraint.hpp"

#include <vector>

namespace evolver {

struct Table {
    Name name;
    std::vector<Column> columns;
    /// The key's columns in order; empty for a table without a declared key. A column with `.primary_key` stands here
    /// too.
    std::vector<Name> primary_key = {};
    std::vector<UniqueKey> unique_keys = {};
    std::vector<Check> checks = {};
    std::vector<ForeignKey> foreign_keys = {};
    bool without_rowid = false;  ///< SQLite only.
    bool strict = false;         ///< SQLite only.
    bool autoincrement = false;  ///< SQLite only.

    /// The column of that name, or null.
    [[nodiscard]] Column const* find(Name const& column) const noexcept;
    [[nodiscard]] Column* find(Name const& column) noexcept;

    /// The key's columns in order, whether the table or the column declares the key.
    [[nodiscard]] std::vector<Name> key_columns() const;
};

/// Is `column` the key that stands for the rowid on SQLite: the only key column, of type `integer()` or declared
/// INTEGER, of a table that is not WITHOUT ROWID?
[[nodiscard]] bool is_rowid_key(Table const& table, Column const& column);

/// The words by which `engine` declares `column` in `table`. They differ from those of the type alone on SQLite, where
/// `integer()` is INTEGER as the rowid key and in STRICT tables, and BIGINT elsewhere.
[[nodiscard]] std::string type_words(Table const& table, Column const& column, Engine engine);

}  // namespace evolver
