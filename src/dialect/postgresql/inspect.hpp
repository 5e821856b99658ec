#pragma once

// What a PostgreSQL database holds, as values, of the tables that a plan is about.
//
// Types are those that format_type() writes, as declared types: "character varying(40)". Views, triggers and constraints that are no key, and what
// is named evolver_…, are left out.

#include "dialect/postgresql/connection.hpp"
#include "dialect/postgresql/fill_sql.hpp"
#include "evolver/schema/schema.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace evolver::postgresql {

/// The schema in which a CREATE TABLE without one makes its table. Throws Error where there is none.
[[nodiscard]] std::string current_schema(Connection const& connection);

/// Every ordinary table of one schema, with its columns, keys, foreign keys and indexes, and its views. Collations are named where they call different
/// texts the same.
[[nodiscard]] Schema inspect(Connection const& connection, std::string const& schema);

/// The application's triggers on the tables of a schema, which inspect() leaves out.
[[nodiscard]] std::vector<Trigger> triggers(Connection const& connection, std::string const& schema);

/// What inspect() leaves out: functions, triggers, types, sequences that belong to no column, materialized views. evolver's, and those of extensions, are
/// left out here, too. `definition` is a digest of what makes two of one name different.
struct DatabaseObject {
    std::string name;
    std::string definition;
    friend bool operator==(DatabaseObject const&, DatabaseObject const&) = default;
};
[[nodiscard]] std::vector<DatabaseObject> other_objects(Connection const& connection, std::string const& schema);

/// Is the type that format_type() calls `type` what the server makes of `words`, with length and precision: "character varying(40)" of "VARCHAR(40)"? True, too,
/// where the server does not understand them: nobody knows then. In the transaction that is open.
[[nodiscard]] bool is_called(Connection const& connection, std::string const& type, std::string const& words);

/// The primary key; no columns where there is none.
[[nodiscard]] RowKey row_key(Connection const& connection, std::string const& schema, Name const& table);

/// Why two shapes cannot be kept in step in the rows of the table, in words; empty where they can: it is partitioned, a part of another, has row-level
/// security, lacks a primary key, or a trigger of the application's would fire for evolver's own writes.
[[nodiscard]] std::string why_not_synced(Connection const& connection, std::string const& schema, Name const& table);

/// A trigger of the application's that an UPDATE of these columns would fire; empty where there is none.
[[nodiscard]] std::string trigger_on(Connection const& connection, std::string const& schema, Name const& table,
                                     std::vector<Name> const& columns);

/// A table, of any schema, with a foreign key to this one; empty where there is none.
[[nodiscard]] std::string referring_to(Connection const& connection, std::string const& schema, Name const& table);

/// A table, of any schema, with a foreign key to the primary key of this one; empty where there is none.
[[nodiscard]] std::string referring_to_key(Connection const& connection, std::string const& schema, Name const& table);

/// What an index has that one which is made of its columns alone would lack, in words: another method, order, operator class, collation, or columns that
/// it includes; empty where it is a plain one, or is not there.
[[nodiscard]] std::string unusual_in_index(Connection const& connection, std::string const& schema, Name const& index);

/// After CREATE TABLE … (LIKE … INCLUDING ALL): the statements that give the indexes of the copy the names of the real ones, which it has in the same order.
[[nodiscard]] std::vector<std::string> rename_copied_indexes(Connection const& connection, std::string const& copies,
                                                             std::string const& schema, Name const& table);

/// The GRANTs that give `to`, a view that is made anew, the rights that the table or view `of` gives.
[[nodiscard]] std::vector<std::string> grants_on(Connection const& connection, std::string const& schema,
                                                 Name const& of, Name const& to);

/// What a name is wanted for: an index may have that of a type, a table or a view may not.
enum class Wanted { index, relation };
/// What has the name and is in the way: "a table", "an index", "a sequence", "a type"; empty where nothing is.
[[nodiscard]] std::string holder_of_name(Connection const& connection, std::string const& schema, Name const& name,
                                         Wanted wanted);

/// Statements that give column `to` what column `of` has besides its values: its comment, and the rights on it alone. None where it has none, or is not there.
[[nodiscard]] std::vector<std::string> column_extras(Connection const& connection, std::string const& schema,
                                                     Name const& table, Name const& of, Name const& to);

/// GRANTs that give column `to` the rights that roles have on all of the columns `of`, by name or as members of others. None for those who have it on the table.
[[nodiscard]] std::vector<std::string> rights_on_all(Connection const& connection, std::string const& schema,
                                                     Name const& table, std::vector<Name> const& of, Name const& to);

/// A view of the application's that is made over this one, or over this table; empty where there is none.
[[nodiscard]] std::string view_over(Connection const& connection, std::string const& schema, Name const& view);

/// A view that relies on the primary key of the table, as GROUP BY does; empty where there is none.
[[nodiscard]] std::string view_by_key(Connection const& connection, std::string const& schema, Name const& table);

[[nodiscard]] bool has_row_security(Connection const& connection, std::string const& schema, Name const& table);

/// Indexes that are not valid and that nobody is building, each with its table.
[[nodiscard]] std::vector<std::pair<Name, Name>> invalid_indexes(Connection const& connection,
                                                                 std::string const& schema);

/// About how many rows, by the planner's statistics; 0 where it has none.
[[nodiscard]] std::int64_t estimated_rows(Connection const& connection, std::string const& schema, Name const& table);

}  // namespace evolver::postgresql
