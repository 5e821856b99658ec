#pragma once

// What operators have said to the run of a backfill, on PostgreSQL: the words of ledger/runs.hpp.
//
//   evolver_run    one row per migration whose run somebody has paused, stopped or resumed: its state, who has said so, and why. No row: it
//                  runs whenever somebody works on it
//
// A ledger of an older evolver lacks the table until make_runs().
//
// A batch holds the row of its migration for share, and looks at the state behind that; who gives an order holds the row for himself. So what he says
// holds from the moment that his transaction is committed: no batch that was under way commits after it.

#include "dialect/postgresql/connection.hpp"
#include "ledger/runs.hpp"

#include <cstdint>
#include <string>

namespace evolver::ledger {

/// Makes the table where it is missing. Inside a transaction.
void make_runs(postgresql::Connection const& connection);

/// Without a batch that failed: there is none here.
[[nodiscard]] Run run_of(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);

/// Waits for the batch that is under way; from here to the end of the transaction there is no other. make_runs() first.
void hold_run(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);
/// Notes the state, behind hold_run(); may_move() was asked there.
void move_run(postgresql::Connection const& connection, std::string const& plan, std::int64_t position, Run const& run);
/// The next batch has half as many rows as it would have.
void halve_batches(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);
/// With the migration.
void forget_run(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);

}  // namespace evolver::ledger
