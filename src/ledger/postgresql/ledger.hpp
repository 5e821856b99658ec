#pragma once

// evolver's own tables in a PostgreSQL database: the words of ledger/ledger.hpp, and the same verify().
//
//   evolver_plan        one row per plan: the format of the ledger, the chain of the last migration that is expanded. Its lock is the pen: who
//                       changes anything holds it, see take_pen()
//   evolver_migration   one row per migration that was expanded
//   evolver_backfill    one row per migration and table that is filled: state, rows, batches, and how large the next batch is to be
//   evolver_checkpoint  per column of the key, the last key that is done or claimed, and the bound, as text; the statement that compares says which type it is
//   evolver_claim       ledger/postgresql/claims.hpp
//   evolver_legacy      one row per migration and table: the sequence that the sync trigger raises, and when it was last seen to move
//   evolver_run, evolver_failed_batch, evolver_failed_row   ledger/postgresql/runs.hpp
//   evolver_reconcile   ledger/postgresql/comparison.hpp
//   evolver_rollout, evolver_sign_off, evolver_sealed   ledger/postgresql/rollout.hpp
//   evolver_quarantine  old values that the new shape cannot hold
//   evolver_fleet, evolver_instance   ledger/postgresql/instances.hpp; the floor stands there
//   evolver_audit       ledger/postgresql/audit.hpp
//
// A legacy write raises a sequence, because that neither waits for another writer nor is undone with his transaction. It knows no time: the ledger
// notes when it was seen to have moved, which is never before the write.

#include "dialect/postgresql/connection.hpp"
#include "ledger/ledger.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace evolver::ledger {

[[nodiscard]] bool exists(postgresql::Connection const& connection);
[[nodiscard]] State read(postgresql::Connection const& connection, std::string const& plan);

/// False: an older evolver has made it, and create() makes the rest.
[[nodiscard]] bool is_complete(postgresql::Connection const& connection);
/// Makes the tables, and the plan's rows, where they are missing: a transaction of its own, of one maker at a time.
void create(postgresql::Connection const& connection, std::string const& plan, std::chrono::milliseconds lock_timeout);

/// From here to the end of the transaction nobody else changes what the ledger says of the plan. Throws EngineError with Retry::helps where somebody
/// has it for longer than the transaction's lock timeout.
void take_pen(postgresql::Connection const& connection, std::string const& plan);

/// From here to the end of the transaction nobody takes the pen: what the ledger and the schema say are of one moment.
void hold_still(postgresql::Connection const& connection, std::string const& plan);

// ---- with the pen

void expanded(postgresql::Connection const& connection, Plan const& plan, std::size_t position, Phase phase,
              Stage stage, bool filled);
void move_stage(postgresql::Connection const& connection, std::string const& plan, std::int64_t position, Stage stage);
void mark_filled(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);
void mark_reconciled(postgresql::Connection const& connection, std::string const& plan, std::int64_t position,
                     std::int64_t writes, std::int64_t lossy_rows);
void forget_reconciled(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);
void contracted(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);
/// Forgets that the migration was expanded.
void rolled_back(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);

/// Has the plan a baseline, and nothing that was brought?
[[nodiscard]] bool is_only_said(postgresql::Connection const& connection, std::string const& plan);
/// Takes the plan's migrations away, as if nobody had named them: of one that is only said.
void forget_migrations(postgresql::Connection const& connection, std::string const& plan);

/// How far a backfill of one table is.
struct Filling {
    bool complete = false;
    std::int64_t rows = 0;
    std::int64_t batches = 0;
    std::int64_t batch_rows = 0;
    bool descending = false;  ///< From the largest key on; as it was when the run began.
    /// Per column of the key: up to here rows are filled, or claimed. Empty before the first batch.
    std::vector<std::string> done = {};
    /// The last key when the run began; empty where the table was empty.
    std::vector<std::string> bound = {};
};

/// From here to the end of the transaction the migration stays open and unfilled, and nobody halts its run. False: it is not. Several may be in
/// at once: see claims.hpp.
[[nodiscard]] bool enter_filling(postgresql::Connection const& connection, std::string const& plan,
                                 std::int64_t position);
/// From here to the end of the transaction nobody else says how far the filling of the table is. Behind enter_filling(), and not for long.
void lock_frontier(postgresql::Connection const& connection, std::string const& plan, std::int64_t position,
                   std::string const& table);
/// None: it has not begun. To go on from it, lock_frontier() first.
[[nodiscard]] std::optional<Filling> filling_of(postgresql::Connection const& connection, std::string const& plan,
                                                std::int64_t position, std::string const& table);
/// The tables whose backfill has begun, by name; they stay known after contract.
[[nodiscard]] std::vector<std::string> filled_tables(postgresql::Connection const& connection, std::string const& plan,
                                                     std::int64_t position);
/// Without it nobody else would know of another order: a ledger of an older evolver lacks the column until the next migration is expanded.
[[nodiscard]] bool has_fill_order(postgresql::Connection const& connection);
/// But for the order: see note_descending().
void keep_filling(postgresql::Connection const& connection, std::string const& plan, std::int64_t position,
                  std::string const& table, Filling const& progress);

/// Behind lock_frontier(), for a run that has not begun.
void note_descending(postgresql::Connection const& connection, std::string const& plan, std::int64_t position,
                     std::string const& table);

/// The table of migrations behind `position` that are open is called `to` from now on: how far they are is kept, and what was skipped. Until the end of the
/// transaction nobody fills rows of these: whoever does next looks for the table first.
void move_table(postgresql::Connection const& connection, std::string const& plan, std::int64_t position,
                std::string const& from, std::string const& to);

/// Makes the sequence that a sync trigger raises for a legacy write, and its row.
void make_legacy_counter(postgresql::Connection const& connection, std::string const& plan, std::int64_t position,
                         std::string const& table, std::int64_t id);
/// What the sequences say now; a move is noted with the server's time. Inside a transaction.
[[nodiscard]] Legacy legacy_of(postgresql::Connection const& connection, std::string const& plan,
                               std::int64_t position);
/// Takes the sequences of the migration away; its sync triggers are gone. The rows stay.
void drop_legacy_counters(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);

/// The server's clock, in seconds since 1970.
[[nodiscard]] std::int64_t now(postgresql::Connection const& connection);

}  // namespace evolver::ledger
