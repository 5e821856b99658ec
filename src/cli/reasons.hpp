#pragma once

// `NAME=REASON` on the command line: gates that are overridden, losses that are accepted.

#include "evolver/fleet/gate.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace evolver::cli {

void add_accept_loss(CLI::App& verb, std::vector<std::string>& texts);
void add_overrides(CLI::App& verb, std::vector<std::string>& texts);

/// Throws UsageError where a text has no name or no reason.
[[nodiscard]] std::vector<AcceptedLoss> losses_of(std::vector<std::string> const& texts);
[[nodiscard]] std::vector<Override> overrides_of(std::vector<std::string> const& texts);

}  // namespace evolver::cli
