#pragma once

/// A runbook for one change: what people do, in which order, with the figures that a dry run has measured.
///
/// It is Markdown, to be read before, kept open meanwhile, and ticked off. What it says is this plan's and this database's: the commands, the rows
/// and times that are expected, the limits at which to stop, and whether there is a way back.

#include "evolver/pipeline/pipeline_run.hpp"
#include "evolver/plan/plan.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace evolver {

struct RunbookOptions {
    /// A command line of the operator's tool from its words: "backfill start". None: `evolver <words>`.
    std::function<std::string(std::string_view words)> command = {};
    /// Who does what. Empty: a line to be filled in.
    std::string executes = {};
    std::string observes = {};
    std::string approves = {};
    std::string cleans_up = {};
    /// Who is told before, if it is stopped, and after.
    std::vector<std::string> told = {};
};

/// `rehearsal`: a run of the pipeline of this plan, of which at least the dry run has ended. Throws Error where it is of another plan.
[[nodiscard]] std::string runbook(Plan const& plan, PipelineRun const& rehearsal, RunbookOptions const& options = {});

}  // namespace evolver
