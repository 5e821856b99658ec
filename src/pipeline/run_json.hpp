#pragma once

// The JSON form of a run. One list of fields per record serves both ways, so that what is written is what is read.

#include "evolver/pipeline/pipeline_run.hpp"
#include "observe/json.hpp"

namespace evolver {

[[nodiscard]] json_text::Value to_value(PipelineRun const& run);
[[nodiscard]] json_text::Value to_value(ApprovalStanding const& standing);

}  // namespace evolver
