#pragma once

// A database that goes the way of one blueprint, with a program of each release, beside a list of facts that says what each should see.

#include "long/plans/blueprint.hpp"

#include <string>
#include <vector>

namespace evolver::plans {

struct Played {
    std::string failure = {};
    std::size_t writes = 0;
    std::vector<std::string> said = {};
};

constexpr std::size_t moments = 18;  ///< Of one history: each a write, or a step of the rollout.

/// `wanted[i]`: moment i happens.
[[nodiscard]] Played play(Blueprint const& blueprint, std::uint64_t seed, std::vector<bool> const& wanted);

}  // namespace evolver::plans
