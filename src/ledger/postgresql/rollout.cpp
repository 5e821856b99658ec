#include "ledger/postgresql/rollout.hpp"

#include "ledger/postgresql/about.hpp"
#include "ledger/postgresql/claims.hpp"
#include "ledger/postgresql/instances.hpp"

#include <fmt/format.h>

namespace evolver::ledger {

namespace {

using postgresql::Connection;

// Shares come in millionths: a whole number is read alike in every locale.
constexpr double millionth = 1e-6;

bool has_rollout(Connection const& connection) { return has_table(connection, "evolver_sign_off"); }
bool has_sealed(Connection const& connection) { return has_table(connection, "evolver_sealed"); }

}  // namespace

void make_rollout(Connection const& connection) {
    if (!has_sealed(connection)) {
        make_alone(connection);
        connection.run(
            "CREATE TABLE IF NOT EXISTS evolver_sealed (plan text NOT NULL, position bigint NOT NULL, floor bigint NOT "
            "NULL, floor_release text NOT NULL, complete boolean NOT NULL DEFAULT true, PRIMARY KEY (plan, position))");
    }
    if (has_rollout(connection)) return;
    make_alone(connection);
    connection.run(
        "CREATE TABLE IF NOT EXISTS evolver_rollout (plan text NOT NULL, position bigint NOT NULL, held boolean NOT "
        "NULL DEFAULT false, reason text NOT NULL DEFAULT '', actor text NOT NULL DEFAULT '', at bigint NOT NULL "
        "DEFAULT 0, "
        "canary double precision NOT NULL DEFAULT 0, PRIMARY KEY (plan, position));"
        "CREATE TABLE IF NOT EXISTS evolver_sign_off (plan text NOT NULL, position bigint NOT NULL, reader text NOT "
        "NULL, actor text NOT NULL, reason text NOT NULL, at bigint NOT NULL, PRIMARY KEY (plan, position, reader))");
}

Rollout rollout_of(Connection const& connection, std::string const& plan, std::int64_t position) {
    if (!has_rollout(connection)) return {};
    auto const found = about(connection,
                             "SELECT held, reason, actor, at, CAST(round(canary * 1000000) AS bigint) FROM "
                             "evolver_rollout WHERE plan = $1 AND position = "
                             "CAST($2 AS bigint)",
                             plan, position);
    if (found.empty()) return {};
    return {.held = found.text(0, 0) == "t",
            .reason = found.text(0, 1),
            .actor = found.text(0, 2),
            .at = found.integer(0, 3),
            .canary = static_cast<double>(found.integer(0, 4)) * millionth};
}

void hold(Connection const& connection, std::string const& plan, std::int64_t position, std::string const& reason,
          std::string const& actor) {
    (void)about(connection,
                "INSERT INTO evolver_rollout (plan, position, held, reason, actor, at) VALUES ($1, CAST($2 AS "
                "bigint), true, $3, $4, CAST(extract(epoch FROM clock_timestamp()) AS bigint)) ON CONFLICT (plan, "
                "position) DO UPDATE SET held = true, reason = excluded.reason, actor = excluded.actor, at = "
                "excluded.at",
                plan, position, {reason, actor});
}

void release_hold(Connection const& connection, std::string const& plan, std::int64_t position) {
    if (!has_rollout(connection)) return;
    (void)about(connection, "UPDATE evolver_rollout SET held = false WHERE plan = $1 AND position = CAST($2 AS bigint)",
                plan, position);
}

void set_canary(Connection const& connection, std::string const& plan, std::int64_t position, double share) {
    (void)about(
        connection,
        "INSERT INTO evolver_rollout (plan, position, canary) VALUES ($1, CAST($2 AS bigint), CAST($3 AS double "
        "precision)) ON CONFLICT (plan, position) DO UPDATE SET canary = excluded.canary",
        plan, position, {fmt::format("{}", share)});
}

Shares canary_shares(Connection const& connection, std::string const& plan) {
    Shares shares;
    if (!has_rollout(connection)) return shares;
    auto const found = connection.query(
        "SELECT position, CAST(round(canary * 1000000) AS bigint) FROM evolver_rollout WHERE plan = $1 AND canary > 0",
        {plan});
    for (std::size_t row = 0; row < found.rows.size(); ++row)
        shares[found.integer(row, 0)] = static_cast<double>(found.integer(row, 1)) * millionth;
    return shares;
}

void sign_off(Connection const& connection, std::string const& plan, std::int64_t position,
              SignedOff const& signed_off) {
    (void)about(connection,
                "INSERT INTO evolver_sign_off (plan, position, reader, actor, reason, at) VALUES ($1, CAST($2 AS "
                "bigint), $3, $4, $5, CAST(extract(epoch FROM clock_timestamp()) AS bigint)) ON CONFLICT (plan, "
                "position, reader) DO UPDATE SET actor = excluded.actor, reason = excluded.reason, at = excluded.at",
                plan, position, {signed_off.reader, signed_off.actor, signed_off.reason});
}

std::vector<SignedOff> signed_off(Connection const& connection, std::string const& plan, std::int64_t position) {
    std::vector<SignedOff> all;
    if (!has_rollout(connection)) return all;
    auto const found = about(connection,
                             "SELECT reader, actor, reason, at FROM evolver_sign_off WHERE plan = $1 AND position = "
                             "CAST($2 AS bigint) ORDER BY reader",
                             plan, position);
    for (std::size_t row = 0; row < found.rows.size(); ++row)
        all.push_back({found.text(row, 0), found.text(row, 1), found.text(row, 2), found.integer(row, 3)});
    return all;
}

bool is_sealed(Connection const& connection, std::string const& plan, std::int64_t position) {
    if (!has_sealed(connection)) return false;
    return !about(connection,
                  "SELECT 1 FROM evolver_sealed WHERE plan = $1 AND position = CAST($2 AS bigint) AND complete", plan,
                  position)
                .empty();
}

void seal(Connection const& connection, std::string const& plan, std::int64_t position, Floor const& before) {
    (void)about(connection,
                "INSERT INTO evolver_sealed (plan, position, floor, floor_release) VALUES ($1, CAST($2 AS bigint), "
                "CAST($3 AS bigint), $4) ON CONFLICT (plan, position) DO UPDATE SET complete = true",
                plan, position, {std::to_string(before.position), before.release});
}

void fill_anew(Connection const& connection, std::string const& plan, std::int64_t position) {
    keep_fillers_out(connection, plan, position);
    for (auto const* sql :
         {"UPDATE evolver_sealed SET complete = false WHERE plan = $1 AND position = CAST($2 AS bigint)",
          "DELETE FROM evolver_backfill WHERE plan = $1 AND position = CAST($2 AS bigint)",
          "DELETE FROM evolver_checkpoint WHERE plan = $1 AND position = CAST($2 AS bigint)",
          "UPDATE evolver_migration SET filled = false, reconciled_at = 0 WHERE plan = $1 AND "
          "position = CAST($2 AS bigint)"})
        (void)about(connection, sql, plan, position);
    forget_claims(connection, plan, position);
}

void keep_floor(Connection const& connection, std::string const& plan, std::int64_t position, Floor const& least) {
    if (!has_sealed(connection)) return;
    (void)about(connection,
                "UPDATE evolver_sealed SET floor = CAST($3 AS bigint), floor_release = $4 WHERE plan = $1 AND position "
                "> CAST($2 AS bigint) AND floor < CAST($3 AS bigint)",
                plan, position, {std::to_string(least.position), least.release});
}

void unseal(Connection const& connection, std::string const& plan, std::int64_t position) {
    if (!has_sealed(connection)) return;
    auto const before = about(connection,
                              "DELETE FROM evolver_sealed WHERE plan = $1 AND position = CAST($2 AS bigint) RETURNING "
                              "floor, floor_release",
                              plan, position);
    if (!before.empty()) postgresql::lower_floor(connection, plan, before.integer(0, 0), before.text(0, 1));
}

void forget_rollout(Connection const& connection, std::string const& plan, std::int64_t position) {
    if (!has_rollout(connection)) return;
    for (auto const* table : {"evolver_rollout", "evolver_sign_off"})
        (void)about(connection,
                    std::string{"DELETE FROM "} + table + " WHERE plan = $1 AND position = CAST($2 AS bigint)", plan,
                    position);
}

}  // namespace evolver::ledger
