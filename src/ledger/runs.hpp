#pragma once

// The runs of backfills, as operators and failures have left them.
//
//   evolver_run         one row per migration whose run was ever anything but running: its state, who has said so and why, and the batch
//                       that failed. No row: it runs whenever somebody works on it.
//   evolver_failed_row  rows that could not be filled, by the text of their key; with a reason, they are skipped. One that is
//                       named by a hidden rowid is skipped as long as the schema has the same version: then it fails again, and is named anew
//
// A ledger of an older evolver lacks both until make_runs(). The state is read in the transaction of every batch, and changed under the write
// lock: what is said holds at once.

#include "dialect/sqlite/connection.hpp"
#include "evolver/ledger/run_state.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace evolver::ledger {

struct Run {
    RunState state = RunState::planned;  ///< `planned` where nothing is noted.
    std::string why = {};
    std::string actor = {};
    std::int64_t at = 0;
    FailedBatch failed = {};  ///< With RunState::failed; without the rows.
};

/// The statements that make the tables.
[[nodiscard]] std::string run_tables();
[[nodiscard]] bool has_runs(sqlite::Connection const& connection);
/// Makes them where they are missing. Inside a write transaction.
void make_runs(sqlite::Connection const& connection);

[[nodiscard]] Run run_of(sqlite::Connection const& connection, std::string const& plan, std::int64_t position);

/// By its name, as the ledger has it. Throws HistoryError where this evolver does not know it.
[[nodiscard]] RunState run_state_of(std::string const& text);

/// May a run go from one state to the other?
[[nodiscard]] bool may_move(RunState from, RunState to) noexcept;
/// Notes the state. Inside a write transaction; may_move() was asked in it.
void move_run(sqlite::Connection const& connection, std::string const& plan, std::int64_t position, Run const& run);

/// Keys of rows that could not be filled, and were not skipped.
[[nodiscard]] std::vector<std::string> failed_rows(sqlite::Connection const& connection, std::string const& plan,
                                                   std::int64_t position);
/// `schema_version`: of the database, where the keys hold for no other (a hidden rowid, which VACUUM renumbers); 0 where they hold for ever.
void add_failed_rows(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                     FailedBatch const& batch, std::int64_t schema_version);
/// Returns how many.
std::int64_t skip_failed_rows(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                              std::string const& reason);
/// How many rows the batch had that failed.
void keep_batch_rows(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                     std::string const& table, std::int64_t rows);
/// The next batch has at most half as many rows as the last.
void halve_batches(sqlite::Connection const& connection, std::string const& plan, std::int64_t position);
/// Those that are not skipped get another chance.
void forget_failed_rows(sqlite::Connection const& connection, std::string const& plan, std::int64_t position);
/// A row by the text of its key.
struct RowName {
    std::string table;
    std::string key;
};
[[nodiscard]] bool is_skipped(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                              RowName const& row);
[[nodiscard]] std::int64_t skipped_rows(sqlite::Connection const& connection, std::string const& plan,
                                        std::int64_t position, std::string const& table);
}  // namespace evolver::ledger
