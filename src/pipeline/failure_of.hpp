#pragma once

// What an error means for the stage that met it.

#include "evolver/error.hpp"
#include "evolver/pipeline/pipeline_run.hpp"

#include <exception>
#include <string>

namespace evolver {

/// Notes the failure in the record. Returns how the stage came out: failed, blocked or stopped.
[[nodiscard]] StageOutcome note_failure(StageRecord& stage, std::exception const& error);

}  // namespace evolver
