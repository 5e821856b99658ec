#pragma once

// What a run has done, or a dry run would do, line by line.

#include "cli/tool.hpp"
#include "evolver/plan/step.hpp"
#include "observe/words.hpp"

namespace evolver::cli {

void tell_warnings(Report const& report, Tool& tool);
/// Each step, with its SQL in --verbose, or where `sql`.
void tell_steps(Report const& report, Tool& tool, bool sql);

}  // namespace evolver::cli
