#include "ledger/postgresql/runs.hpp"

#include "ledger/postgresql/about.hpp"

#include <string_view>
#include <vector>

namespace evolver::ledger {

namespace {

using postgresql::Connection;

bool has_runs(Connection const& connection) { return has_table(connection, "evolver_run"); }

}  // namespace

void make_runs(Connection const& connection) {
    if (has_runs(connection)) return;
    make_alone(connection);
    connection.run(
        "CREATE TABLE IF NOT EXISTS evolver_run (plan text NOT NULL, position bigint NOT NULL, state text NOT NULL, "
        "why text NOT NULL, actor text NOT NULL, at bigint NOT NULL, PRIMARY KEY (plan, position))");
}

Run run_of(Connection const& connection, std::string const& plan, std::int64_t position) {
    if (!has_runs(connection)) return {};
    auto const found = about(connection,
                             "SELECT state, why, actor FROM evolver_run WHERE plan = $1 AND position = "
                             "CAST($2 AS bigint)",
                             plan, position);
    if (found.empty()) return {};
    return {.state = run_state_of(found.text(0, 0)), .why = found.text(0, 1), .actor = found.text(0, 2)};
}

void hold_run(Connection const& connection, std::string const& plan, std::int64_t position) {
    (void)about(connection,
                "SELECT position FROM evolver_migration WHERE plan = $1 AND position = CAST($2 AS bigint) FOR UPDATE",
                plan, position);
}

void move_run(Connection const& connection, std::string const& plan, std::int64_t position, Run const& run) {
    (void)about(connection,
                "INSERT INTO evolver_run (plan, position, state, why, actor, at) VALUES ($1, CAST($2 AS bigint), $3, "
                "$4, $5, CAST(extract(epoch FROM clock_timestamp()) AS bigint)) ON CONFLICT (plan, position) DO UPDATE "
                "SET state = excluded.state, why = excluded.why, actor = excluded.actor, at = excluded.at",
                plan, position, {std::string{name_of(run.state)}, run.why, run.actor});
}

void halve_batches(Connection const& connection, std::string const& plan, std::int64_t position) {
    (void)about(connection,
                "UPDATE evolver_backfill SET batch_rows = greatest(1, batch_rows / 2) WHERE plan = $1 AND position = "
                "CAST($2 AS bigint)",
                plan, position);
}

void forget_run(Connection const& connection, std::string const& plan, std::int64_t position) {
    if (!has_runs(connection)) return;
    (void)about(connection, "DELETE FROM evolver_run WHERE plan = $1 AND position = CAST($2 AS bigint)", plan,
                position);
}

}  // namespace evolver::ledger
