#pragma once

// The instances of a plan, in a server's ledger.
//
//   evolver_fleet      one row per plan: the epoch that statements are written for, and the oldest release that may come in
//   evolver_instance   one row per instance: what it is, the epoch that it has acknowledged, and until when it lives, by the server's clock
//
// A renewal changes columns that no index has, and pages have room for it (fillfactor): PostgreSQL keeps it on its page and leaves the index
// alone.

#include "dialect/postgresql/connection.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace evolver::postgresql {

struct FleetRow {
    std::uint64_t epoch = 0;
    std::int64_t floor = 0;     ///< Among the releases that the plan names.
    std::string floor_release;  ///< Empty where none was raised yet.
};

struct InstanceRow {
    std::int64_t id = 0;
    std::string release;
    std::int64_t release_position = 0;
    std::string plan_digest;
    std::string host;
    std::int64_t process = 0;
    std::uint64_t acknowledged = 0;
};

/// Makes the tables, and the plan's row, where they are missing. In a transaction of its own; any number of processes may do it at once.
void make_fleet(Connection const& connection, std::string const& plan, std::chrono::milliseconds lock_timeout);

/// The plan's row, which stays as it is until the end of the transaction: others may look, nobody moves.
[[nodiscard]] FleetRow fleet_for_share(Connection const& connection, std::string const& plan);
/// The plan's row for one who moves: waits for those who come in, and nobody else has it until the end of the transaction.
[[nodiscard]] FleetRow fleet_for_update(Connection const& connection, std::string const& plan);
void raise_epoch(Connection const& connection, std::string const& plan, std::uint64_t epoch);
/// By one, for one who does not have the row yet. Whoever moves next waits until all have learned of it.
void raise_epoch(Connection const& connection, std::string const& plan);
/// Where it is lower: what is contracted in between may keep out less than a later migration that has no triggers.
void raise_floor(Connection const& connection, std::string const& plan, std::int64_t position,
                 std::string const& release);
/// To what it was, when what it was raised for is rolled back.
void lower_floor(Connection const& connection, std::string const& plan, std::int64_t position,
                 std::string const& release);

/// Returns its number.
[[nodiscard]] std::int64_t add_instance(Connection const& connection, std::string const& plan,
                                        InstanceRow const& instance, std::chrono::milliseconds lease);
/// Returns the epoch; nothing where the instance is not there.
[[nodiscard]] std::optional<std::uint64_t> renew_instance(Connection const& connection, std::int64_t instance,
                                                          std::uint64_t acknowledged, std::chrono::milliseconds lease);
void remove_instance(Connection const& connection, std::int64_t instance);
/// Those whose time is over, by the server's clock. Waits for a renewal that is under way, which then keeps its row.
[[nodiscard]] std::vector<InstanceRow> remove_expired(Connection const& connection, std::string const& plan);
[[nodiscard]] std::vector<InstanceRow> instances_of(Connection const& connection, std::string const& plan);

}  // namespace evolver::postgresql
