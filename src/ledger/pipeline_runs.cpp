#include "ledger/pipeline_runs.hpp"

#include "ledger/audit.hpp"

namespace evolver::ledger {

bool has_pipeline_runs(sqlite::Connection const& connection) {
    return sqlite::has_table(connection, "evolver_pipeline_run");
}

void make_pipeline_runs(sqlite::Connection const& connection) {
    if (!has_audit(connection)) connection.run(audit_tables());
    if (has_pipeline_runs(connection)) return;
    connection.run(
        "CREATE TABLE IF NOT EXISTS evolver_pipeline_run (id TEXT NOT NULL PRIMARY KEY, plan TEXT NOT NULL, outcome "
        "TEXT "
        "NOT NULL, record TEXT NOT NULL, command TEXT NOT NULL DEFAULT '', command_reason TEXT NOT NULL DEFAULT '', "
        "command_actor TEXT NOT NULL DEFAULT '')");
}

void note_run(sqlite::Connection const& connection, RunNote const& run) {
    auto note = connection.prepare(
        "INSERT INTO main.evolver_pipeline_run (id, plan, outcome, record) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO "
        "UPDATE SET outcome = excluded.outcome, record = excluded.record");
    note.bind(1, std::string_view{run.id})
        .bind(2, std::string_view{run.plan})
        .bind(3, std::string_view{run.outcome})
        .bind(4, std::string_view{run.record});
    note.run();
}

void forget_older_runs(sqlite::Connection const& connection, std::int64_t kept) {
    auto forget = connection.prepare(
        "DELETE FROM main.evolver_pipeline_run WHERE id NOT IN (SELECT id FROM main.evolver_pipeline_run ORDER BY id "
        "DESC "
        "LIMIT ?1)");
    forget.bind(1, kept);
    forget.run();
}

std::vector<RunNote> runs_of(sqlite::Connection const& connection) {
    std::vector<RunNote> all;
    if (!has_pipeline_runs(connection)) return all;
    auto rows = connection.prepare("SELECT id, plan, outcome, record FROM main.evolver_pipeline_run ORDER BY id DESC");
    while (rows.step())
        all.push_back({.id = rows.text(0), .plan = rows.text(1), .outcome = rows.text(2), .record = rows.text(3)});
    return all;
}

Command command_of(sqlite::Connection const& connection, std::string const& run) {
    if (!has_pipeline_runs(connection)) return {};
    auto row = connection.prepare(
        "SELECT command, command_reason, command_actor FROM main.evolver_pipeline_run WHERE id = ?1");
    row.bind(1, std::string_view{run});
    if (!row.step()) return {};
    return {.command = row.text(0), .reason = row.text(1), .actor = row.text(2)};
}

void command(sqlite::Connection const& connection, std::string const& run, Command const& command) {
    auto row = connection.prepare(
        "UPDATE main.evolver_pipeline_run SET command = ?2, command_reason = ?3, command_actor = ?4 WHERE id = ?1");
    row.bind(1, std::string_view{run})
        .bind(2, std::string_view{command.command})
        .bind(3, std::string_view{command.reason})
        .bind(4, std::string_view{command.actor});
    row.run();
}

}  // namespace evolver::ledger
