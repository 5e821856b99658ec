#pragma once

// What operators say to the rollout of a migration: execute/rollout.hpp, on PostgreSQL. Each order moves a stage by one, with the pen; instances follow when
// they renew their leases.
//
// Between any two neighbouring stages programs may stand on both sides: the trigger fills the old columns of who writes only the new ones. So the way back
// from `complete` is a word in the ledger, no column is relaxed, and no row has to be filled again. Only what removes something waits until every
// instance has acknowledged: see contract.hpp.

#include "evolver/fleet/stage_order.hpp"
#include "evolver/plan/phase.hpp"
#include "execute/postgresql/site.hpp"

#include <chrono>

namespace evolver::postgresql {

void hold_stage(Site& site, StageOrder const& order);
void release_stage(Site& site, StageOrder const& order);
Stage advance_stage(Site& site, std::chrono::seconds soak, StageOrder const& order);
Stage step_back(Site& site, StageOrder const& order);
void set_canary(Site& site, Canary const& canary);
void sign_off(Site& site, SignOff const& given);

}  // namespace evolver::postgresql
