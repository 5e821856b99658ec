#pragma once

// evolver's own tables in the user's database, and the one writer of them.
//
//   evolver_plan        one row per plan: the format of the ledger, the floor, the chain of the last migration that is expanded
//   evolver_migration   one row per migration that was expanded: digests, phase, stage, what was proven of it
//   evolver_backfill    one row per migration and table that is filled: rows, batches, state
//   evolver_checkpoint  how far a backfill is: per column of the key, the last key done and the bound. The columns have no type, so that a key
//                       keeps its own: a TEXT column would make '10' of 10, and the run would end with nothing done.
//   evolver_run         how operators and failures have left a backfill, and evolver_failed_row the rows (ledger/runs.hpp)
//   evolver_reconcile   how far a reconciliation is, and evolver_reconcile_key the keys (ledger/comparison.hpp)
//   evolver_rebuild     one row per table that is being made anew: its form, rows, batches; evolver_rebuild_key has its checkpoint, which the
//                       triggers of the rebuild read
//   evolver_index       one row per index that is built in batches: how far it is
//   evolver_legacy      counters of writes that reached the old shape only; the sync triggers raise them
//   evolver_kept        notes of the triggers that carry columns over a REPLACE; empty or stale between statements
//   evolver_quarantine  old values that the new shape cannot hold, kept when their loss was accepted
//   evolver_rollout     who holds a stage and why, evolver_sign_off and evolver_backup what was seen to (ledger/rollout.hpp)
//   evolver_usage       who has used the old shape, by day (ledger/usage.hpp)
//   evolver_audit       the trail: append-only, each row hashed with the one before (ledger/audit.hpp)
//
// All functions work in the transaction that the connection is in.

#include "dialect/sqlite/connection.hpp"
#include "evolver/ledger/ledger_error.hpp"
#include "evolver/plan/phase.hpp"
#include "evolver/plan/plan.hpp"
#include "ledger/rollout.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace evolver::ledger {

/// What the ledger says of one migration.
struct Entry {
    std::int64_t position = 0;
    std::string id;
    std::string release;
    std::string digest;
    std::string chain;
    Phase phase = Phase::planned;
    Stage stage = Stage::off;
    bool filled = false;           ///< Backfills done, indexes on new columns built.
    std::int64_t expanded_at = 0;  ///< Seconds since 1970, by the clock of the process that did it.
    std::int64_t contracted_at = 0;
    std::int64_t reconciled_at = 0;      ///< 0: not yet, or not clean.
    std::int64_t reconciled_writes = 0;  ///< Legacy writes counted when reconciliation was clean.
    std::int64_t lossy_rows = 0;         ///< Found by that reconciliation.
};

/// Everything that the ledger says of a plan.
struct State {
    bool exists = false;  ///< The ledger's tables are there, with a row for the plan.
    std::int64_t format = 0;
    std::int64_t floor = 0;      ///< Position, in the releases, of the oldest one that can still use the database.
    std::string floor_release;   ///< Its name.
    std::vector<Entry> entries;  ///< By position, without gaps.
    std::vector<Relaxed> relaxed = {};
};

/// Counters of one migration's legacy writes. One that comes in the same second as the one counted before is not counted.
struct Legacy {
    std::int64_t writes = 0;
    std::int64_t last_at = 0;
};

inline constexpr std::int64_t format = 1;

/// What a start needs to know: is this plan's last migration expanded, with this history, and is the release not below the floor?
/// Cost: one prepared SELECT of one row; two beside a newer release.
struct Glance {
    bool ledger = false;
    std::int64_t floor = 0;
    bool expanded = false;
};
[[nodiscard]] Glance glance(sqlite::Connection const& connection, Plan const& plan);

[[nodiscard]] bool exists(sqlite::Connection const& connection);
[[nodiscard]] State read(sqlite::Connection const& connection, std::string const& plan);

/// Makes the tables and the plan's row where they are missing. Inside a write transaction.
void create(sqlite::Connection const& connection, std::string const& plan);

/// Has the plan a baseline, and nothing that was brought?
[[nodiscard]] bool is_only_said(sqlite::Connection const& connection, std::string const& plan);
/// Takes the plan's rows away, as if nobody had named it: of one that is only said. Inside a write transaction.
void forget_plan(sqlite::Connection const& connection, std::string const& plan);

/// What the ledger has and the trail has no row for, in words: a trail was dropped. None: nothing.
[[nodiscard]] std::optional<std::string> missing_in_trail(sqlite::Connection const& connection,
                                                          std::string const& plan);

/// Throws HistoryError where the database knows this plan under another name, and not under this one: the histories are the same as far as both go,
/// so all of it would be brought a second time.
void refuse_other_name(sqlite::Connection const& connection, Plan const& plan);

/// Throws HistoryError or SchemaTooNew where `plan`, as `release` knows it, does not fit the history.
void verify(State const& state, Plan const& plan, std::size_t release_position, std::string const& release);

void expanded(sqlite::Connection const& connection, Plan const& plan, std::size_t position, Phase phase, Stage stage,
              bool filled);
void move_stage(sqlite::Connection const& connection, std::string const& plan, std::int64_t position, Stage stage);
void mark_filled(sqlite::Connection const& connection, std::string const& plan, std::int64_t position);
void mark_reconciled(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                     std::int64_t writes, std::int64_t lossy_rows);
/// What was proven of the migration holds no longer.
void forget_reconciled(sqlite::Connection const& connection, std::string const& plan, std::int64_t position);
void contracted(sqlite::Connection const& connection, std::string const& plan, std::int64_t position);
void raise_floor(sqlite::Connection const& connection, std::string const& plan, std::int64_t floor,
                 std::string const& release);
/// Forgets that the migration was expanded.
void rolled_back(sqlite::Connection const& connection, std::string const& plan, std::int64_t position);

/// Makes the counter of (migration, table), with the number that the triggers know it by.
void make_legacy_counter(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                         std::string const& table, std::int64_t id);
[[nodiscard]] Legacy legacy_of(sqlite::Connection const& connection, std::string const& plan, std::int64_t position);
/// Returns how many were counted, and has the next one counted, too, if it comes in the same second. Inside a write transaction.
[[nodiscard]] std::int64_t watch_legacy(sqlite::Connection const& connection, std::string const& plan,
                                        std::int64_t position);

/// Are there the tables of rebuilds? A ledger of an older evolver has none.
[[nodiscard]] bool has_rebuilds(sqlite::Connection const& connection);
/// Is a table of the plan being rebuilt?
[[nodiscard]] bool rebuilds(sqlite::Connection const& connection, std::string const& plan);
/// Whoever rebuilds `table` begins anew: its rows have changed in a way that the triggers do not see, or the rebuild is over.
void forget_rebuild(sqlite::Connection const& connection, std::string const& table);

/// The database's clock, in seconds since 1970.
[[nodiscard]] std::int64_t now(sqlite::Connection const& connection);

}  // namespace evolver::ledger
