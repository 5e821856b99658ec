#pragma once

// What operators say to the rollout of a migration. Each order is one transaction, and moves a stage by one; neighbouring stages are
// compatible, so nobody has to stand still for it: instances follow at their next statement.

#include "evolver/ledger/stage_order.hpp"
#include "evolver/plan/phase.hpp"
#include "execute/workplace.hpp"

namespace evolver {

void hold_stage(Workplace& workplace, StageOrder const& order);
void release_stage(Workplace& workplace, StageOrder const& order);
Stage advance_stage(Workplace& workplace, StageOrder const& order);
Stage step_back(Workplace& workplace, StageOrder const& order);
void set_canary(Workplace& workplace, Canary const& canary);
void sign_off(Workplace& workplace, SignOff const& sign_off);

}  // namespace evolver
