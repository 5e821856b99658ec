#pragma once

// What operators have said to the run of a backfill, on PostgreSQL: the words of ledger/runs.hpp.
//
//   evolver_run           one row per migration whose run somebody has paused, stopped or resumed, or that has failed: its state, who has said so,
//                         and why. No row: it runs whenever somebody works on it
//   evolver_failed_batch  one row per migration whose run has failed at some time: the batch that did last
//   evolver_failed_row    rows that could not be filled, by the text of their key; with a reason, they are skipped
//
// A ledger of an older evolver lacks some of them until make_runs().
//
// A batch is let in by the others (about.hpp), holds the row of its migration for share, and looks at the state behind that; who gives an order holds the row for himself. So what he says
// holds from the moment that his transaction is committed: no batch that was under way commits after it.

#include "dialect/postgresql/connection.hpp"
#include "ledger/runs.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace evolver::ledger {

/// Makes the tables where they are missing. Inside a transaction.
void make_runs(postgresql::Connection const& connection);

/// With the batch that failed, without its rows, where the state is RunState::failed.
[[nodiscard]] Run run_of(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);

/// Waits for the batch that is under way; from here to the end of the transaction there is no other. make_runs() first.
void hold_run(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);
/// Notes the state, with RunState::failed the batch and its rows, too, behind hold_run(); may_move() was asked there.
void move_run(postgresql::Connection const& connection, std::string const& plan, std::int64_t position, Run const& run);
/// The next batch has half as many rows as it would have.
void halve_batches(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);
/// Keys of rows that could not be filled, and were not skipped.
[[nodiscard]] std::vector<std::string> failed_rows(postgresql::Connection const& connection, std::string const& plan,
                                                   std::int64_t position);
/// They are passed over from now on. Returns how many. Behind hold_run().
std::int64_t skip_failed_rows(postgresql::Connection const& connection, std::string const& plan, std::int64_t position,
                              std::string const& reason);
/// Those that are not skipped get another chance. Behind hold_run().
void forget_failed_rows(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);
/// Keys of the rows of a table that somebody has skipped.
[[nodiscard]] std::vector<std::string> skipped_rows(postgresql::Connection const& connection, std::string const& plan,
                                                    std::int64_t position, std::string const& table);
/// With the migration.
void forget_run(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);

}  // namespace evolver::ledger
