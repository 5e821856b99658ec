#pragma once

// What an operator says to the run of a backfill, from any process: execute/run_control.hpp, on PostgreSQL. A value that cannot be
// converted is no failure: it is noted, and the row goes on without it.

#include "evolver/ledger/run_state.hpp"
#include "execute/postgresql/site.hpp"

#include <cstdint>

namespace evolver::postgresql {

void pause_backfill(Site& site, RunOrder const& order);
void stop_backfill(Site& site, RunOrder const& order);
void resume_backfill(Site& site, RunOrder const& order);
/// Returns how many rows.
std::int64_t skip_failed_rows(Site& site, RunOrder const& order);

}  // namespace evolver::postgresql
