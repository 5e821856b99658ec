#pragma once

// Who fills which rows of a table, where several processes do.
//
//   evolver_claim   per claim and column of the key: the range of keys (done, until] that is to be filled, and in how many rows at a time
//
// What lies up to Filling::done is filled, or is in a claim. Whoever works on a claim holds its row to the end of his transaction, and passes over
// those that others hold; so the claim of a process that was killed is free again at that moment, without a lease, a clock, or a session of its own.
// A claim that is filled moves on to the next range in the same transaction: there are as many as have worked at once.

#include "dialect/postgresql/connection.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace evolver::ledger {

/// The table whose rows are claimed.
struct Claimed {
    std::string plan;
    std::int64_t position;
    std::string table;
};

struct Claim {
    std::int64_t number = 0;
    std::int64_t rows = 0;  ///< So many at a time.
    bool whole = true;      ///< The range has no more than that.
    /// Per column of the key; empty at the start of the table.
    std::vector<std::string> done = {};
    std::vector<std::string> until = {};

    bool operator==(Claim const&) const = default;
};

[[nodiscard]] bool has_claims(postgresql::Connection const& connection);
/// Makes the table where it is missing. Inside a transaction.
void make_claims(postgresql::Connection const& connection);

/// One that nobody works on; nobody else does to the end of the transaction. None: there is none.
[[nodiscard]] std::optional<Claim> take_claim(postgresql::Connection const& connection, Claimed const& about);
/// The same, of one that is known: none where it is gone, or somebody works on it.
[[nodiscard]] std::optional<Claim> take_claim(postgresql::Connection const& connection, Claimed const& about,
                                              std::int64_t number);
/// How many there are, whoever works on them. Exact behind lock_frontier().
[[nodiscard]] std::int64_t claims_of(postgresql::Connection const& connection, Claimed const& about);

// ---- behind lock_frontier(), since two must not claim the same keys

/// Its number is found here. It is taken, as by take_claim().
void add_claim(postgresql::Connection const& connection, Claimed const& about, Claim claim);
/// Of one that was taken: it needs no lock_frontier() where it stays within its range.
void move_claim(postgresql::Connection const& connection, Claimed const& about, Claim const& claim);
void drop_claim(postgresql::Connection const& connection, Claimed const& about, std::int64_t number);

/// Half as many rows at a time, in all claims of the migration. Behind hold_run().
void halve_claims(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);
/// With the migration.
void forget_claims(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);

}  // namespace evolver::ledger
