#include "ledger/copied.hpp"

#include "ledger/approvals.hpp"
#include "ledger/rollout.hpp"
#include "ledger/runs.hpp"

namespace evolver::ledger {

void forget_orders(sqlite::Connection const& connection, std::string const& plan) {
    auto const run = [&](char const* sql) {
        auto statement = connection.prepare(sql);
        statement.bind(1, std::string_view{plan});
        statement.run();
    };
    if (has_approvals(connection)) run("DELETE FROM main.evolver_approval_policy WHERE plan = ?1");
    if (has_rollout(connection)) run("UPDATE main.evolver_rollout SET held = 0 WHERE plan = ?1");
    if (has_runs(connection))
        run("UPDATE main.evolver_run SET state = 'running' WHERE plan = ?1 AND state <> 'finished'");
}

void mark_copy(sqlite::Connection const& connection, std::string const& original) {
    connection.run(
        "CREATE TABLE IF NOT EXISTS main.evolver_copy (original TEXT NOT NULL, at INTEGER NOT NULL DEFAULT "
        "(CAST(strftime('%s', 'now') AS INTEGER)))");
    auto note = connection.prepare("INSERT INTO main.evolver_copy (original) VALUES (?1)");
    note.bind(1, std::string_view{original});
    note.run();
}

bool is_copy(sqlite::Connection const& connection) { return sqlite::has_table(connection, "evolver_copy"); }

}  // namespace evolver::ledger
