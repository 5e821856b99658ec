#pragma once

// The runs of a database, from the file beside it and from its ledger.

#include "evolver/pipeline/pipeline.hpp"

#include <string>
#include <vector>

namespace evolver {

/// Newest first; one that both have is as the file has it. Reads only. Throws Error where the database cannot be read.
[[nodiscard]] std::vector<PipelineRun> runs_of(std::string const& database);

}  // namespace evolver
