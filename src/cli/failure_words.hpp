#pragma once

// A failure as the operator meets it: the code, the words, and the command that leads on.

#include "cli/tool.hpp"
#include "evolver/cli/run.hpp"

#include <exception>
#include <string>
#include <string_view>

namespace evolver::cli {

/// The library's messages name its options: here they are those of the command line. `migration`: that they speak of, where it is known.
[[nodiscard]] std::string in_options(std::string_view text, Tool const& tool, std::string_view migration);

/// The library's messages name its functions, `call resume_backfill({.reason = "…"})`: here they are commands, "`evolver backfill resume --reason "…"`".
[[nodiscard]] std::string in_commands(std::string_view text, Tool const& tool);

/// Tells the failure, and returns the code for it.
ExitCode tell(std::exception const& failure, Tool& tool);

}  // namespace evolver::cli
