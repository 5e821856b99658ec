#include "ledger/postgresql/comparison.hpp"

#include "ledger/postgresql/about.hpp"

#include <algorithm>

namespace evolver::ledger {

namespace {

using postgresql::Connection;

bool has_comparisons(Connection const& connection) { return has_table(connection, "evolver_reconcile"); }

}  // namespace

void make_comparisons(Connection const& connection) {
    if (has_comparisons(connection)) return;
    make_alone(connection);
    connection.run(
        "CREATE TABLE IF NOT EXISTS evolver_reconcile (plan text NOT NULL, position bigint NOT NULL, number bigint NOT "
        "NULL, form text NOT NULL, state bigint NOT NULL, rows bigint NOT NULL, lossy bigint NOT NULL, chunks bigint "
        "NOT NULL, writes bigint NOT NULL, done text[] NOT NULL, PRIMARY KEY (plan, position, number))");
}

std::vector<ComparedRows> compared(Connection const& connection, std::string const& plan, std::int64_t position) {
    std::vector<ComparedRows> all;
    if (!has_comparisons(connection)) return all;
    // One statement, and so one moment: a row for each part of a key.
    auto const found = about(connection,
                             "SELECT r.number, r.form, r.state, r.rows, r.lossy, r.chunks, r.writes, k.part FROM "
                             "evolver_reconcile AS r LEFT JOIN LATERAL unnest(r.done) WITH ORDINALITY AS k (part, at) "
                             "ON true WHERE r.plan = $1 AND r.position = CAST($2 AS bigint) ORDER BY r.number, k.at",
                             plan, position);
    for (std::size_t row = 0; row < found.rows.size(); ++row) {
        auto const number = found.integer(row, 0);
        if (all.empty() || all.back().number != number) {
            auto const state = std::clamp<std::int64_t>(found.integer(row, 2), 0, 2);
            all.push_back({.number = number,
                           .form = found.text(row, 1),
                           .state = static_cast<ComparedRows::State>(state),
                           .rows = found.integer(row, 3),
                           .lossy = found.integer(row, 4),
                           .chunks = found.integer(row, 5),
                           .writes = found.integer(row, 6)});
        }
        if (found.rows[row][7]) all.back().done.push_back(*found.rows[row][7]);
    }
    return all;
}

void keep_compared(Connection const& connection, std::string const& plan, std::int64_t position,
                   ComparedRows const& up_to) {
    std::vector<postgresql::Text> values{std::to_string(up_to.number),
                                         up_to.form,
                                         std::to_string(static_cast<int>(up_to.state)),
                                         std::to_string(up_to.rows),
                                         std::to_string(up_to.lossy),
                                         std::to_string(up_to.chunks),
                                         std::to_string(up_to.writes)};
    std::string parts;
    for (auto const& part : up_to.done) {
        values.emplace_back(part);
        parts += (parts.empty() ? "$" : ", $") + std::to_string(values.size() + 2);  // behind plan and position
    }
    (void)about(connection,
                "INSERT INTO evolver_reconcile (plan, position, number, form, state, rows, lossy, chunks, writes, "
                "done) VALUES ($1, CAST($2 AS bigint), CAST($3 AS bigint), $4, CAST($5 AS bigint), CAST($6 AS bigint), "
                "CAST($7 AS bigint), CAST($8 AS bigint), CAST($9 AS bigint), CAST(ARRAY[" +
                    parts +
                    "] AS text[])) ON CONFLICT (plan, position, number) DO UPDATE SET form = excluded.form, state = "
                    "excluded.state, rows = excluded.rows, lossy = excluded.lossy, chunks = excluded.chunks, writes = "
                    "excluded.writes, done = excluded.done",
                plan, position, std::move(values));
}

void recorded_compared(Connection const& connection, std::string const& plan, std::int64_t position) {
    if (!has_comparisons(connection)) return;
    (void)about(connection, "UPDATE evolver_reconcile SET state = 2 WHERE plan = $1 AND position = CAST($2 AS bigint)",
                plan, position);
}

void forget_compared(Connection const& connection, std::string const& plan) {
    if (has_comparisons(connection)) connection.query("DELETE FROM evolver_reconcile WHERE plan = $1", {plan});
}

void forget_compared(Connection const& connection, std::string const& plan, std::int64_t position) {
    if (!has_comparisons(connection)) return;
    (void)about(connection, "DELETE FROM evolver_reconcile WHERE plan = $1 AND position = CAST($2 AS bigint)", plan,
                position);
}

}  // namespace evolver::ledger
