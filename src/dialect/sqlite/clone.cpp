#include "dialect/sqlite/clone.hpp"

#include "evolver/dialect/engine_error.hpp"

#include <sqlite3.h>

namespace evolver::sqlite {

namespace {

int compare_bytes(void*, int left_size, void const* left, int right_size, void const* right) {
    std::string_view const a{static_cast<char const*>(left), static_cast<std::size_t>(left_size)};
    std::string_view const b{static_cast<char const*>(right), static_cast<std::size_t>(right_size)};
    return a.compare(b);
}

/// Stands in for a collation of the application's: the clone has no rows to order.
void stand_in(void*, sqlite3* handle, int encoding, char const* name) {
    sqlite3_create_collation_v2(handle, name, encoding, nullptr, compare_bytes, nullptr);
}

}  // namespace

Clone clone_schema(Connection const& source) {
    Clone clone{.connection = Connection::in_memory(), .left_out = {}};
    sqlite3_collation_needed(clone.connection.handle(), nullptr, stand_in);
    auto objects = source.prepare(
        "SELECT s.name, s.sql, s.type FROM main.sqlite_schema AS s WHERE s.sql IS NOT NULL AND s.name NOT LIKE "
        "'sqlite\\_%' ESCAPE '\\' "
        "AND s.sql NOT LIKE 'CREATE VIRTUAL%' AND s.tbl_name NOT IN (SELECT name FROM pragma_table_list WHERE schema = "
        "'main' AND type IN "
        "('virtual', 'shadow')) ORDER BY CASE s.type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 "
        "END, s.rowid");
    while (objects.step()) {
        try {
            clone.connection.run(objects.text(1));
        } catch (EngineError const& error) {
            clone.left_out.push_back(objects.text(2) + " " + objects.text(0) + ": " + error.what());
        }
    }
    // The sync triggers count into it, and ALTER TABLE looks into every trigger.
    clone.connection.run(
        "CREATE TABLE IF NOT EXISTS evolver_legacy (id INTEGER PRIMARY KEY, writes INTEGER, last_at INTEGER);"
        "CREATE TABLE IF NOT EXISTS evolver_kept (id INTEGER, part INTEGER, value)");
    // Only now: a schema that already says DEFAULT "x" is as it is.
    clone.connection.refuse_quoted_strings();
    return clone;
}

}  // namespace evolver::sqlite
