#include "dialect/sqlite/clone.hpp"

#include "dialect/sqlite/stand_ins.hpp"
#include "dialect/sqlite/statement_fault.hpp"
#include "evolver/dialect/engine_error.hpp"

#include <sqlite3.h>

namespace evolver::sqlite {

Clone clone_schema(Connection const& source) {
    Clone clone{.connection = Connection::in_memory(), .left_out = {}};
    stand_in_for_collations(clone.connection);  // the clone has no rows to order
    // Without the tables of the ledger that no trigger and no step names: they would be half of what a clone costs.
    auto objects = source.prepare(
        "SELECT s.name, s.sql, s.type FROM main.sqlite_schema AS s WHERE s.sql IS NOT NULL AND s.name NOT LIKE "
        "'sqlite\\_%' ESCAPE '\\' "
        "AND s.tbl_name NOT IN ('evolver_approval', 'evolver_approval_policy', 'evolver_audit', 'evolver_backfill', "
        "'evolver_backup', 'evolver_checkpoint', "
        "'evolver_failed_row', 'evolver_figure', 'evolver_index', 'evolver_migration', 'evolver_mismatch', "
        "'evolver_pipeline_run', 'evolver_plan', 'evolver_reconcile', 'evolver_reconcile_key', 'evolver_relaxed', "
        "'evolver_rollout', "
        "'evolver_run', 'evolver_sealed', 'evolver_sign_off', 'evolver_usage') "
        "AND s.sql NOT LIKE 'CREATE VIRTUAL%' AND s.tbl_name NOT IN (SELECT name FROM pragma_table_list WHERE schema = "
        "'main' AND type IN "
        "('virtual', 'shadow')) ORDER BY CASE s.type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 "
        "END, s.rowid");
    while (objects.step()) {
        try {
            clone.connection.run(objects.text(1));
        } catch (EngineError const& error) {
            if (!is_the_statements_fault(error)) throw;
            clone.left_out.push_back(objects.text(2) + " " + objects.text(0) + ": " + error.what());
        }
    }
    // The sync triggers count into it, and ALTER TABLE looks into every trigger.
    clone.connection.run(
        "CREATE TABLE IF NOT EXISTS evolver_legacy (id INTEGER PRIMARY KEY, writes INTEGER, last_at INTEGER);"
        "CREATE TABLE IF NOT EXISTS evolver_kept (id INTEGER, part INTEGER, value);"
        "CREATE TABLE IF NOT EXISTS evolver_rebuild (id INTEGER PRIMARY KEY, complete INTEGER);"
        "CREATE TABLE IF NOT EXISTS evolver_rebuild_key (id INTEGER, part INTEGER, done)");
    // Only now: a schema that already says DEFAULT "x" is as it is.
    clone.connection.refuse_quoted_strings();
    return clone;
}

std::vector<std::string> create_texts(Connection const& source) {
    std::vector<std::string> texts;
    auto objects = source.prepare(
        "SELECT sql FROM main.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND "
        "name NOT LIKE 'evolver\\_%' ESCAPE '\\' ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN "
        "'view' THEN 2 ELSE 3 END, name");
    while (objects.step()) texts.push_back(objects.text(0));
    return texts;
}

Connection copy_database(Connection const& source) {
    auto copy = Connection::in_memory();
    copy_into(source, copy);
    return copy;
}

void copy_into(Connection const& source, Connection const& target) {
    auto* const backup = sqlite3_backup_init(target.handle(), "main", source.handle(), "main");
    int code = SQLITE_OK;
    if (backup != nullptr) {
        code = sqlite3_backup_step(backup, -1);
        sqlite3_backup_finish(backup);
    }
    if (backup == nullptr || code != SQLITE_DONE) {
        throw EngineError{Failure{.what = "SQLite: the database could not be copied into memory: " +
                                          std::string{sqlite3_errmsg(target.handle())},
                                  .object = source.path(),
                                  .native_code = code}};
    }
}

}  // namespace evolver::sqlite
