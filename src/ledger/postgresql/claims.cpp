#include "ledger/postgresql/claims.hpp"

#include "ledger/postgresql/about.hpp"

#include <utility>

namespace evolver::ledger {

namespace {

using postgresql::Connection;
using postgresql::Text;

constexpr auto of_the_table =
    " FROM evolver_claim WHERE plan = $1 AND position = CAST($2 AS bigint) AND table_name = $3";

postgresql::Rows about_claims(Connection const& connection, std::string const& sql, Claimed const& claimed,
                              std::vector<Text> more = {}) {
    more.insert(more.begin(), claimed.table);
    return about(connection, sql, claimed.plan, claimed.position, std::move(more));
}

std::optional<Claim> read_claim(Connection const& connection, Claimed const& claimed, postgresql::Rows const& locked) {
    if (locked.empty()) return std::nullopt;
    // Not by the statement that locks: it has seen the first part as it is now, and might see the others as they were before.
    auto const found = about_claims(connection,
                                    "SELECT number, rows, whole, done, until" + std::string{of_the_table} +
                                        " AND number = CAST($4 AS bigint) ORDER BY part",
                                    claimed, {locked.text(0, 0)});
    if (found.empty()) return std::nullopt;
    Claim claim{.number = found.integer(0, 0), .rows = found.integer(0, 1), .whole = found.text(0, 2) == "t"};
    for (auto const& row : found.rows) {
        if (row[3]) claim.done.push_back(*row[3]);
        claim.until.push_back(row[4].value_or(""));
    }
    return claim;
}

}  // namespace

bool has_claims(Connection const& connection) { return has_table(connection, "evolver_claim"); }

void make_claims(Connection const& connection) {
    if (has_claims(connection)) return;
    make_alone(connection);
    connection.run(
        "CREATE TABLE IF NOT EXISTS evolver_claim (plan text NOT NULL, position bigint NOT NULL, table_name text NOT "
        "NULL, number bigint NOT NULL, part bigint NOT NULL, rows bigint NOT NULL, whole boolean NOT NULL, done text, "
        "until text NOT NULL, PRIMARY KEY (plan, position, table_name, number, part))");
}

std::optional<Claim> take_claim(Connection const& connection, Claimed const& about) {
    return read_claim(connection, about,
                      about_claims(connection,
                                   "SELECT number" + std::string{of_the_table} +
                                       " AND part = 0 ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED",
                                   about));
}

std::optional<Claim> take_claim(Connection const& connection, Claimed const& about, std::int64_t number) {
    return read_claim(connection, about,
                      about_claims(connection,
                                   "SELECT number" + std::string{of_the_table} +
                                       " AND part = 0 AND number = CAST($4 AS bigint) FOR UPDATE SKIP LOCKED",
                                   about, {std::to_string(number)}));
}

std::int64_t claims_of(Connection const& connection, Claimed const& about) {
    return about_claims(connection, "SELECT count(*)" + std::string{of_the_table} + " AND part = 0", about)
        .integer(0, 0);
}

void add_claim(Connection const& connection, Claimed const& about, Claim claim) {
    claim.number = about_claims(connection, "SELECT coalesce(max(number), 0) + 1" + std::string{of_the_table}, about)
                       .integer(0, 0);
    move_claim(connection, about, claim);
}

void move_claim(Connection const& connection, Claimed const& about, Claim const& claim) {
    for (std::size_t part = 0; part < claim.until.size(); ++part) {
        about_claims(
            connection,
            "INSERT INTO evolver_claim (plan, position, table_name, number, part, rows, whole, done, until) VALUES "
            "($1, "
            "CAST($2 AS bigint), $3, CAST($4 AS bigint), CAST($5 AS bigint), CAST($6 AS bigint), CAST($7 AS boolean), "
            "$8, $9) ON CONFLICT (plan, position, table_name, number, part) DO UPDATE SET rows = excluded.rows, whole "
            "= excluded.whole, done = excluded.done, until = excluded.until",
            about,
            {std::to_string(claim.number), std::to_string(part), std::to_string(claim.rows),
             claim.whole ? "true" : "false", part < claim.done.size() ? Text{claim.done[part]} : Text{},
             claim.until[part]});
    }
}

void drop_claim(Connection const& connection, Claimed const& about, std::int64_t number) {
    about_claims(connection, "DELETE" + std::string{of_the_table} + " AND number = CAST($4 AS bigint)", about,
                 {std::to_string(number)});
}

void halve_claims(Connection const& connection, std::string const& plan, std::int64_t position) {
    if (!has_claims(connection)) return;
    (void)about(connection,
                "UPDATE evolver_claim SET rows = greatest(1, rows / 2), whole = false WHERE plan = $1 AND position = "
                "CAST($2 AS bigint)",
                plan, position);
}

void forget_claims(Connection const& connection, std::string const& plan, std::int64_t position) {
    if (!has_claims(connection)) return;
    (void)about(connection, "DELETE FROM evolver_claim WHERE plan = $1 AND position = CAST($2 AS bigint)", plan,
                position);
}

}  // namespace evolver::ledger
