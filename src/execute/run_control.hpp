#pragma once

// What an operator says to the run of a backfill, from any process. All of it takes the write lock, so no batch is under way meanwhile and
// none that begins later has not seen it.

#include "evolver/ledger/run_state.hpp"
#include "execute/workplace.hpp"

namespace evolver {

void pause_backfill(Workplace& workplace, RunOrder const& order);
void stop_backfill(Workplace& workplace, RunOrder const& order);
void resume_backfill(Workplace& workplace, RunOrder const& order);
/// Returns how many rows.
std::int64_t skip_failed_rows(Workplace& workplace, RunOrder const& order);

}  // namespace evolver
