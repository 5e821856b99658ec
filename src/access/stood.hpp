#pragma once

// Where the ledger says that a plan stands, as far as this release knows it.

#include "compile/compiler.hpp"
#include "evolver/plan/plan.hpp"
#include "ledger/ledger.hpp"

#include <vector>

namespace evolver::detail {

struct Stood {
    Standing standing = {};
    std::vector<Stage> stages = {};  ///< Of each migration that is expanded.

    bool operator==(Stood const& other) const noexcept {
        return standing.expanded == other.standing.expanded && standing.contracted == other.standing.contracted &&
               stages == other.stages;
    }
};

/// Migrations of a newer release are not this one's affair.
[[nodiscard]] Stood stood_in(ledger::State const& state, Plan const& plan);

}  // namespace evolver::detail
