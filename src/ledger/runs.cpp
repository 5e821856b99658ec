#include "ledger/runs.hpp"

#include "ledger/ledger.hpp"

#include <algorithm>
#include <array>

namespace evolver {

std::string_view name_of(RunState state) noexcept {
    switch (state) {
        case RunState::planned: return "planned";
        case RunState::running: return "running";
        case RunState::held: return "held";
        case RunState::paused: return "paused";
        case RunState::stopped: return "stopped";
        case RunState::failed: return "failed";
        case RunState::finished: return "finished";
    }
    return "?";
}

}  // namespace evolver

namespace evolver::ledger {

namespace {

constexpr std::array all_states{RunState::planned, RunState::running, RunState::held,    RunState::paused,
                                RunState::stopped, RunState::failed,  RunState::finished};

sqlite::Statement about(sqlite::Connection const& connection, std::string const& sql, std::string const& plan,
                        std::int64_t position) {
    auto statement = connection.prepare(sql);
    statement.bind(1, std::string_view{plan}).bind(2, position);
    return statement;
}

}  // namespace

RunState run_state_of(std::string const& text) {
    auto const known = std::ranges::find_if(all_states, [&](RunState state) { return text == name_of(state); });
    if (known != all_states.end()) return *known;
    throw HistoryError{
        Failure{.what = "The ledger holds the state \"" + text + "\" of a run, which this evolver does not know.",
                .object = "evolver_run",
                .instead = "use the version of evolver that wrote it, or a newer one"}};
}

std::string run_tables() {
    return "CREATE TABLE IF NOT EXISTS evolver_run (plan TEXT NOT NULL, position INTEGER NOT NULL, state TEXT NOT "
           "NULL, why TEXT NOT NULL, actor TEXT NOT NULL, at INTEGER NOT NULL, table_name TEXT NOT NULL, after_key "
           "TEXT NOT NULL, until_key TEXT NOT NULL, sql TEXT NOT NULL, error TEXT NOT NULL, PRIMARY KEY (plan, "
           "position)) WITHOUT ROWID;"
           "CREATE TABLE IF NOT EXISTS evolver_failed_row (plan TEXT NOT NULL, position INTEGER NOT NULL, table_name "
           "TEXT NOT NULL, row_key TEXT NOT NULL, error TEXT NOT NULL, reason TEXT, schema_version INTEGER NOT NULL, "
           "at INTEGER NOT NULL, PRIMARY KEY "
           "(plan, position, table_name, row_key)) WITHOUT ROWID;";
}

bool has_runs(sqlite::Connection const& connection) { return sqlite::has_table(connection, "evolver_failed_row"); }

void make_runs(sqlite::Connection const& connection) {
    if (!has_runs(connection)) connection.run(run_tables());
}

Run run_of(sqlite::Connection const& connection, std::string const& plan, std::int64_t position) {
    auto row =
        about(connection,
              "SELECT state, why, actor, at, table_name, after_key, until_key, sql, error FROM evolver_run WHERE "
              "plan = ?1 AND position = ?2",
              plan, position);
    if (!row.step()) return {};
    return Run{.state = run_state_of(row.text(0)),
               .why = row.text(1),
               .actor = row.text(2),
               .at = row.integer(3),
               .failed = {.table = row.text(4),
                          .after = row.text(5),
                          .until = row.text(6),
                          .sql = row.text(7),
                          .error = row.text(8)}};
}

bool may_move(RunState from, RunState to) noexcept {
    using enum RunState;
    switch (from) {
        case planned: return to == held || to == paused || to == stopped;
        case running: return to != planned && to != running;
        case held: return to == running || to == paused || to == stopped || to == failed || to == finished;
        case paused: return to == running || to == stopped;
        case stopped: return to == running;
        case failed: return to == running;
        case finished: return false;
    }
    return false;
}

void move_run(sqlite::Connection const& connection, std::string const& plan, std::int64_t position, Run const& run) {
    auto note =
        about(connection,
              "INSERT INTO evolver_run (plan, position, state, why, actor, at, table_name, after_key, "
              "until_key, sql, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (plan, "
              "position) DO UPDATE SET state = excluded.state, why = excluded.why, actor = excluded.actor, at = "
              "excluded.at, table_name = excluded.table_name, after_key = excluded.after_key, until_key = "
              "excluded.until_key, sql = excluded.sql, error = excluded.error",
              plan, position);
    note.bind(3, name_of(run.state))
        .bind(4, std::string_view{run.why})
        .bind(5, std::string_view{run.actor})
        .bind(6, now(connection))
        .bind(7, std::string_view{run.failed.table})
        .bind(8, std::string_view{run.failed.after})
        .bind(9, std::string_view{run.failed.until})
        .bind(10, std::string_view{run.failed.sql})
        .bind(11, std::string_view{run.failed.error});
    note.run();
}

std::vector<std::string> failed_rows(sqlite::Connection const& connection, std::string const& plan,
                                     std::int64_t position) {
    std::vector<std::string> keys;
    auto rows = about(connection,
                      "SELECT row_key FROM evolver_failed_row WHERE plan = ?1 AND position = ?2 AND reason IS NULL "
                      "ORDER BY row_key",
                      plan, position);
    while (rows.step()) keys.push_back(rows.text(0));
    return keys;
}

void add_failed_rows(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                     FailedBatch const& batch, std::int64_t schema_version) {
    for (auto const& key : batch.rows) {
        auto add =
            about(connection,
                  "INSERT INTO evolver_failed_row (plan, position, table_name, row_key, error, schema_version, at) "
                  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET error = excluded.error, reason = "
                  "NULL, schema_version = excluded.schema_version, at = excluded.at",
                  plan, position);
        add.bind(3, std::string_view{batch.table})
            .bind(4, std::string_view{key})
            .bind(5, std::string_view{batch.error})
            .bind(6, schema_version)
            .bind(7, now(connection));
        add.run();
    }
}

std::int64_t skip_failed_rows(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                              std::string const& reason) {
    auto skip = about(connection,
                      "UPDATE evolver_failed_row SET reason = ?3 WHERE plan = ?1 AND position = ?2 AND reason IS NULL",
                      plan, position);
    skip.bind(3, std::string_view{reason});
    return skip.run();
}

void keep_batch_rows(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                     std::string const& table, std::int64_t rows) {
    auto keep = about(
        connection, "UPDATE evolver_backfill SET batch_rows = ?4 WHERE plan = ?1 AND position = ?2 AND table_name = ?3",
        plan, position);
    keep.bind(3, std::string_view{table}).bind(4, rows);
    keep.run();
}

void halve_batches(sqlite::Connection const& connection, std::string const& plan, std::int64_t position) {
    about(connection,
          "UPDATE evolver_backfill SET batch_rows = max(1, batch_rows / 2) WHERE plan = ?1 AND position = ?2", plan,
          position)
        .run();
}

void forget_failed_rows(sqlite::Connection const& connection, std::string const& plan, std::int64_t position) {
    about(connection, "DELETE FROM evolver_failed_row WHERE plan = ?1 AND position = ?2 AND reason IS NULL", plan,
          position)
        .run();
}

bool is_skipped(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                RowName const& row) {
    auto find =
        about(connection,
              "SELECT 1 FROM evolver_failed_row WHERE plan = ?1 AND position = ?2 AND table_name = ?3 AND row_key "
              "= ?4 AND reason IS NOT NULL AND schema_version IN (0, (SELECT schema_version FROM "
              "pragma_schema_version))",
              plan, position);
    find.bind(3, std::string_view{row.table}).bind(4, std::string_view{row.key});
    return find.step();
}

std::int64_t skipped_rows(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                          std::string const& table) {
    auto count = about(connection,
                       "SELECT count(*) FROM evolver_failed_row WHERE plan = ?1 AND position = ?2 AND table_name = ?3 "
                       "AND reason IS NOT NULL",
                       plan, position);
    count.bind(3, std::string_view{table});
    return count.step() ? count.integer(0) : 0;
}

}  // namespace evolver::ledger
