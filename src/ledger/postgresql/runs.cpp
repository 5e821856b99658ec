#include "ledger/postgresql/runs.hpp"

#include "ledger/postgresql/about.hpp"
#include "ledger/postgresql/claims.hpp"

#include <string_view>
#include <vector>

namespace evolver::ledger {

namespace {

using postgresql::Connection;

bool has_runs(Connection const& connection) { return has_table(connection, "evolver_run"); }
bool has_failures(Connection const& connection) { return has_table(connection, "evolver_failed_row"); }

std::vector<std::string> keys_of(postgresql::Rows const& found) {
    std::vector<std::string> keys;
    for (std::size_t row = 0; row < found.rows.size(); ++row) keys.push_back(found.text(row, 0));
    return keys;
}

void note_failure(Connection const& connection, std::string const& plan, std::int64_t position,
                  FailedBatch const& batch) {
    (void)about(
        connection,
        "INSERT INTO evolver_failed_batch (plan, position, table_name, after_key, until_key, sql, error) VALUES "
        "($1, CAST($2 AS bigint), $3, $4, $5, $6, $7) ON CONFLICT (plan, position) DO UPDATE SET table_name = "
        "excluded.table_name, after_key = excluded.after_key, until_key = excluded.until_key, sql = "
        "excluded.sql, error = excluded.error",
        plan, position, {batch.table, batch.after, batch.until, batch.sql, batch.error});
    for (auto const& key : batch.rows) {
        (void)about(connection,
                    "INSERT INTO evolver_failed_row (plan, position, table_name, row_key, error, at) VALUES ($1, "
                    "CAST($2 AS bigint), $3, $4, $5, CAST(extract(epoch FROM clock_timestamp()) AS bigint)) ON "
                    "CONFLICT (plan, position, table_name, row_key) DO UPDATE SET error = excluded.error, reason = "
                    "NULL, at = excluded.at",
                    plan, position, {batch.table, key, batch.error});
    }
}

}  // namespace

void make_runs(Connection const& connection) {
    if (has_failures(connection)) return;
    make_alone(connection);
    connection.run(
        "CREATE TABLE IF NOT EXISTS evolver_run (plan text NOT NULL, position bigint NOT NULL, state text NOT NULL, "
        "why text NOT NULL, actor text NOT NULL, at bigint NOT NULL, PRIMARY KEY (plan, position));"
        "CREATE TABLE IF NOT EXISTS evolver_failed_batch (plan text NOT NULL, position bigint NOT NULL, table_name "
        "text NOT NULL, after_key text NOT NULL, until_key text NOT NULL, sql text NOT NULL, error text NOT NULL, "
        "PRIMARY KEY (plan, position));"
        "CREATE TABLE IF NOT EXISTS evolver_failed_row (plan text NOT NULL, position bigint NOT NULL, table_name text "
        "NOT NULL, row_key text NOT NULL, error text NOT NULL, reason text, at bigint NOT NULL, PRIMARY KEY (plan, "
        "position, table_name, row_key))");
}

Run run_of(Connection const& connection, std::string const& plan, std::int64_t position) {
    if (!has_runs(connection)) return {};
    auto const found = about(connection,
                             "SELECT state, why, actor FROM evolver_run WHERE plan = $1 AND position = "
                             "CAST($2 AS bigint)",
                             plan, position);
    if (found.empty()) return {};
    Run run{.state = run_state_of(found.text(0, 0)), .why = found.text(0, 1), .actor = found.text(0, 2)};
    if (run.state != RunState::failed) return run;
    auto const batch = about(connection,
                             "SELECT table_name, after_key, until_key, sql, error FROM evolver_failed_batch WHERE plan "
                             "= $1 AND position = CAST($2 AS bigint)",
                             plan, position);
    if (!batch.empty())
        run.failed = {.table = batch.text(0, 0),
                      .after = batch.text(0, 1),
                      .until = batch.text(0, 2),
                      .sql = batch.text(0, 3),
                      .error = batch.text(0, 4)};
    return run;
}

void hold_run(Connection const& connection, std::string const& plan, std::int64_t position) {
    keep_fillers_out(connection, plan, position);
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
    if (run.state == RunState::failed) note_failure(connection, plan, position, run.failed);
}

void halve_batches(Connection const& connection, std::string const& plan, std::int64_t position) {
    (void)about(connection,
                "UPDATE evolver_backfill SET batch_rows = greatest(1, batch_rows / 2) WHERE plan = $1 AND position = "
                "CAST($2 AS bigint)",
                plan, position);
    halve_claims(connection, plan, position);
}

std::vector<std::string> failed_rows(Connection const& connection, std::string const& plan, std::int64_t position) {
    if (!has_failures(connection)) return {};
    return keys_of(about(connection,
                         "SELECT row_key FROM evolver_failed_row WHERE plan = $1 AND position = CAST($2 AS bigint) AND "
                         "reason IS NULL ORDER BY row_key",
                         plan, position));
}

std::int64_t skip_failed_rows(Connection const& connection, std::string const& plan, std::int64_t position,
                              std::string const& reason) {
    return about(connection,
                 "UPDATE evolver_failed_row SET reason = $3 WHERE plan = $1 AND position = CAST($2 AS bigint) AND "
                 "reason IS NULL",
                 plan, position, {reason})
        .changed;
}

void forget_failed_rows(Connection const& connection, std::string const& plan, std::int64_t position) {
    (void)about(connection,
                "DELETE FROM evolver_failed_row WHERE plan = $1 AND position = CAST($2 AS bigint) AND reason IS NULL",
                plan, position);
}

std::vector<std::string> skipped_rows(Connection const& connection, std::string const& plan, std::int64_t position,
                                      std::string const& table) {
    if (!has_failures(connection)) return {};
    return keys_of(about(connection,
                         "SELECT row_key FROM evolver_failed_row WHERE plan = $1 AND position = CAST($2 AS bigint) AND "
                         "table_name = $3 AND reason IS NOT NULL ORDER BY row_key",
                         plan, position, {table}));
}

void forget_run(Connection const& connection, std::string const& plan, std::int64_t position) {
    auto const forget = [&](std::string const& table) {
        (void)about(connection, "DELETE FROM " + table + " WHERE plan = $1 AND position = CAST($2 AS bigint)", plan,
                    position);
    };
    if (has_runs(connection)) forget("evolver_run");
    if (!has_failures(connection)) return;
    forget("evolver_failed_batch");
    forget("evolver_failed_row");
}

}  // namespace evolver::ledger
