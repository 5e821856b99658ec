#pragma once

// What all rules say of the cases, and which of it the plan accepts.

#include "compile/lint/rules.hpp"
#include "evolver/plan/finding.hpp"

#include <vector>

namespace evolver::lint_rules {

/// Errors first, without what the plan's migrations accept. The first case is that of the database as a whole. `contracted`: so many migrations are.
[[nodiscard]] std::vector<Finding> judged(Plan const& plan, std::size_t contracted, std::vector<Case> const& cases);

}  // namespace evolver::lint_rules
