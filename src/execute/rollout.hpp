#pragma once

// What operators say to the rollout of a migration. Each order moves a stage by one. Neighbouring stages are compatible, so nobody has to stand
// still between dual and switched: instances follow at their next statement. completion.hpp has what lies beyond.

#include "evolver/fleet/stage_order.hpp"
#include "evolver/plan/phase.hpp"
#include "execute/workplace.hpp"

#include <chrono>

namespace evolver {

void hold_stage(Workplace& workplace, StageOrder const& order);
void release_stage(Workplace& workplace, StageOrder const& order);
Stage advance_stage(Workplace& workplace, std::chrono::seconds soak, StageOrder const& order);
Stage step_back(Workplace& workplace, StageOrder const& order);
void set_canary(Workplace& workplace, Canary const& canary);
void sign_off(Workplace& workplace, SignOff const& sign_off);

/// Throws GateClosed where reads of the bare new column are not proven to find everything: what contract's gates `backfill` and `reconciliation` say.
void refuse_unproven(Plan const& plan, ledger::Entry const& entry, ledger::Legacy const& legacy);

}  // namespace evolver
