#pragma once

// A history is a list of steps, so any part of it is a history, too.

#include "long/random/world.hpp"

namespace evolver::random_test {

struct Outcome {
    std::string failure;  // empty: none
    std::vector<std::string> said;
};

[[nodiscard]] Outcome play(Setting const& setting, std::vector<Step> const& steps, std::string const& path);

/// The shortest history found by leaving parts out while it still fails.
[[nodiscard]] std::vector<Step> shortest(Setting const& setting, std::vector<Step> steps, std::string const& path);

}  // namespace evolver::random_test
