#pragma once

#include "evolver/cli/run.hpp"

#include <optional>

namespace evolver::cli {

/// Reads the command line, does what it says, and returns the code. Without a plan, one is read from the folder that it names.
[[nodiscard]] int understand_and_do(int argc, char const* const* argv, std::optional<Plan> plan, RunOptions options);

}  // namespace evolver::cli
