#pragma once

// A run of the pipeline on the command line.

#include "cli/tool.hpp"
#include "evolver/pipeline/pipeline.hpp"

#include <string>

namespace evolver::cli {

/// The command that leads on from the run; empty where none does.
[[nodiscard]] std::string next_command(NextStep const& next, PipelineRun const& run, Tool const& tool);

/// A line for each stage, what failed, and what is next.
void tell_run(PipelineRun const& run, Tool& tool);
/// Of one stage: its steps, what it expects, what it found.
void tell_stage(StageRecord const& stage, Tool& tool, bool sql);
void tell_failure(StageRecord const& stage, Tool& tool);

/// " --fail-on none" where the run was told so: what follows has to be told the same.
[[nodiscard]] std::string fail_on(PipelineRun const& run);

/// True where a run of the pipeline works on the database itself, or is paused there; told as an error, with what leads on.
[[nodiscard]] bool is_in_the_way(Tool& tool);

/// What the run came to, as a code.
[[nodiscard]] ExitCode code_of(PipelineRun const& run);

[[nodiscard]] json_text::Object record_of(PipelineRun const& run);

}  // namespace evolver::cli
