#pragma once

// How operators have left the rollout of a migration, and what they have signed off.
//
//   evolver_rollout   one row per migration whose stage was ever held, or that a share of the instances goes ahead with
//   evolver_sign_off  one row per migration and reader
//   evolver_backup    one row per backup that was verified
//   evolver_sealed    one row per migration that keeps its shapes in step without triggers, once older releases are kept out for it: the floor
//                     that a rollback brings back
//   evolver_relaxed   one row per old column that accepts NULL while its migration is at stage `complete`, by the database's names
//
// A ledger of an older evolver lacks them until make_rollout(). All functions work in the transaction that the connection is in.

#include "dialect/sqlite/connection.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace evolver::ledger {

struct Rollout {
    bool held = false;
    std::string reason = {};  ///< Of the hold.
    std::string actor = {};
    std::int64_t at = 0;
    double canary = 0;
};

struct SignedOff {
    std::string reader;
    std::string actor;
    std::string reason;
    std::int64_t at = 0;
};

struct Backup {
    std::string path = {};
    std::int64_t at = 0;  ///< When its file was last written; 0: none was verified.
};

/// The statements that make the tables.
[[nodiscard]] std::string rollout_tables();
[[nodiscard]] bool has_rollout(sqlite::Connection const& connection);
/// Makes them where they are missing. Inside a write transaction.
void make_rollout(sqlite::Connection const& connection);

[[nodiscard]] Rollout rollout_of(sqlite::Connection const& connection, std::string const& plan, std::int64_t position);
void hold(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
          std::string const& reason, std::string const& actor);
void release_hold(sqlite::Connection const& connection, std::string const& plan, std::int64_t position);
void set_canary(sqlite::Connection const& connection, std::string const& plan, std::int64_t position, double share);

struct Relaxed {
    std::int64_t position = 0;
    std::string table;
    std::string column;
};
[[nodiscard]] std::vector<Relaxed> relaxed_of(sqlite::Connection const& connection, std::string const& plan);
void relax(sqlite::Connection const& connection, std::string const& plan, Relaxed const& relaxed);
void forget_relaxed(sqlite::Connection const& connection, std::string const& plan, std::int64_t position);

struct Floor {
    std::int64_t position = 0;  ///< Of the release, in the plan's.
    std::string release;
};
[[nodiscard]] bool is_sealed(sqlite::Connection const& connection, std::string const& plan, std::int64_t position);
/// `before`: the floor until now.
void seal(sqlite::Connection const& connection, std::string const& plan, std::int64_t position, Floor const& before);
/// A contract of an earlier migration has raised the floor to `least`: no rollback goes below it.
void keep_floor(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                Floor const& least);
/// Brings the floor from before the seal back; a no-op without one.
void unseal(sqlite::Connection const& connection, std::string const& plan, std::int64_t position);

void sign_off(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
              SignedOff const& signed_off);
[[nodiscard]] std::vector<SignedOff> signed_off(sqlite::Connection const& connection, std::string const& plan,
                                                std::int64_t position);

void note_backup(sqlite::Connection const& connection, std::string const& plan, std::string const& path,
                 std::int64_t made_at);
/// The newest of those that were verified.
[[nodiscard]] Backup last_backup(sqlite::Connection const& connection, std::string const& plan);

}  // namespace evolver::ledger
