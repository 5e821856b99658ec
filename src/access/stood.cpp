#include "access/stood.hpp"

namespace evolver::detail {

Stood stood_in(ledger::State const& state, Plan const& plan) {
    Stood stood;
    for (auto const& entry : state.entries) {
        if (static_cast<std::size_t>(entry.position) >= plan.migrations().size()) break;
        // A rollback has begun: what is written is what may be written when its columns are gone.
        if (entry.phase == Phase::expanded && entry.stage == Stage::off) break;
        ++stood.standing.expanded;
        if (entry.phase == Phase::contracted) stood.standing.contracted = stood.standing.expanded;
        stood.stages.push_back(entry.stage);
    }
    return stood;
}

}  // namespace evolver::detail
