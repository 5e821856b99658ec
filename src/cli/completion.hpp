#pragma once

// What shells need to complete a command line of the tool: made from the verbs and options themselves.

#include <CLI/CLI.hpp>

#include <string>
#include <string_view>

namespace evolver::cli {

/// The script for "bash", "zsh" or "fish".
[[nodiscard]] std::string completion_for(std::string_view shell, CLI::App const& app, std::string const& program);

}  // namespace evolver::cli
