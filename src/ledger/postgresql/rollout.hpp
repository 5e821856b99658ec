#pragma once

// How operators have left the rollout of a migration, and what they have signed off, on PostgreSQL: the words of ledger/rollout.hpp.
//
//   evolver_rollout   one row per migration whose stage was ever held, or that a share of the instances goes ahead with
//   evolver_sign_off  one row per migration and reader
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

/// With the migration.
void forget_rollout(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);

}  // namespace evolver::ledger
