#pragma once

// How operators have left the rollout of a migration, and what they have signed off, on PostgreSQL: the words of ledger/rollout.hpp.
//
//   evolver_rollout   one row per migration whose stage was ever held, or that a share of the instances goes ahead with
//   evolver_sign_off  one row per migration and reader
//   evolver_sealed    one row per migration that keeps its shapes in step without triggers, once older releases are kept out for it: the floor from
//                     before, and whether every instance writes both shapes
//
// A ledger of an older evolver lacks them until make_rollout(). Whoever changes anything has the pen.

#include "dialect/postgresql/connection.hpp"
#include "ledger/rollout.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace evolver::ledger {

/// Makes the tables where they are missing. Inside a transaction.
void make_rollout(postgresql::Connection const& connection);

[[nodiscard]] Rollout rollout_of(postgresql::Connection const& connection, std::string const& plan,
                                 std::int64_t position);
void hold(postgresql::Connection const& connection, std::string const& plan, std::int64_t position,
          std::string const& reason, std::string const& actor);
void release_hold(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);

void set_canary(postgresql::Connection const& connection, std::string const& plan, std::int64_t position, double share);
/// By position; none where no share of the instances goes ahead.
using Shares = std::map<std::int64_t, double>;
[[nodiscard]] Shares canary_shares(postgresql::Connection const& connection, std::string const& plan);

void sign_off(postgresql::Connection const& connection, std::string const& plan, std::int64_t position,
              SignedOff const& signed_off);
[[nodiscard]] std::vector<SignedOff> signed_off(postgresql::Connection const& connection, std::string const& plan,
                                                std::int64_t position);

/// Are older releases kept out, and does everybody else write both shapes? Then what is filled stays true.
[[nodiscard]] bool is_sealed(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);
/// `before`: the floor that a rollback goes back to; it is kept from the first time.
void seal(postgresql::Connection const& connection, std::string const& plan, std::int64_t position,
          Floor const& before);
/// Somebody may have written the old shape only: it is to be sealed, and filled, anew. The floor stays.
void fill_anew(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);
/// A rollback of those behind `position` goes no lower than this.
void keep_floor(postgresql::Connection const& connection, std::string const& plan, std::int64_t position,
                Floor const& least);
/// Brings the floor from before the seal back; a no-op without one.
void unseal(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);

/// With the migration.
void forget_rollout(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);

}  // namespace evolver::ledger
