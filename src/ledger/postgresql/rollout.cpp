#include "ledger/postgresql/rollout.hpp"

#include "ledger/postgresql/about.hpp"

#include <fmt/format.h>

namespace evolver::ledger {

namespace {

using postgresql::Connection;

// Shares come in millionths: a whole number is read alike in every locale.
constexpr double millionth = 1e-6;

bool has_rollout(Connection const& connection) { return has_table(connection, "evolver_sign_off"); }

}  // namespace

void make_rollout(Connection const& connection) {
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

void forget_rollout(Connection const& connection, std::string const& plan, std::int64_t position) {
    if (!has_rollout(connection)) return;
    for (auto const* table : {"evolver_rollout", "evolver_sign_off"})
        (void)about(connection,
                    std::string{"DELETE FROM "} + table + " WHERE plan = $1 AND position = CAST($2 AS bigint)", plan,
                    position);
}

}  // namespace evolver::ledger
