#pragma once

// The C++ functions that the Backfills of a plan call.

#include "evolver/operation/function.hpp"
#include "evolver/plan/plan.hpp"

#include <vector>

namespace evolver {

/// Each once: a name has one meaning in the whole plan. Throws PlanError for one that has two versions.
[[nodiscard]] std::vector<Function> functions_of(Plan const& plan);

}  // namespace evolver
