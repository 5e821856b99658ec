#pragma once

// Stage `complete`, and the way back from it.
//
// At `complete`, programs of the release write the new shape only, and the old columns accept NULL; the triggers go on filling them, so
// programs of older releases still read. A column that is dropped has no trigger: the release goes on filling it by `down`, and what is written
// by hand in the new shape leaves it NULL.
//
// The way there is one transaction, at a standstill: whoever comes afterwards knows that nobody of stage `dual` writes any more. The way
// back begins with the writers: they write both shapes again, and once nobody is left who does not, rows that lack the old one are filled in
// batches, and the columns are NOT NULL again. Killed in between, it stands at `switched` with columns that accept NULL; step_back() goes on
// from there, and contract() does not mind.

#include "evolver/fleet/stage_order.hpp"
#include "evolver/plan/phase.hpp"
#include "execute/workplace.hpp"

#include <chrono>
#include <cstddef>
#include <string_view>

namespace evolver {

/// Requires: migration `position` is at stage `switched`. Throws GateClosed, PlanError, HistoryError.
Stage complete_stage(Workplace& workplace, std::chrono::seconds soak, std::size_t position, StageOrder const& order);

/// Requires: migration `position` is at stage `complete`, or a way back has begun. Throws HistoryError where a row has no old value, and none
/// can be computed.
Stage step_back_from_complete(Workplace& workplace, std::size_t position, StageOrder const& order);

/// Is it a gate that contract asks for later, and stage `complete` does not need?
[[nodiscard]] bool is_of_contract_alone(std::string_view gate);

/// Throws HistoryError where a step writes the text of a table anew of which a column accepts NULL for now: it would be NOT NULL again.
void refuse_rewrite_of_relaxed(Standing const& standing, std::vector<Step> const& steps);

}  // namespace evolver
