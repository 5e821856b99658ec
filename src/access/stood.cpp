#include "access/stood.hpp"

namespace evolver::detail {

Stood stood_in(ledger::State const& state, Plan const& plan) {
    Stood stood;
    for (auto const& entry : state.entries) {
        if (static_cast<std::size_t>(entry.position) >= plan.migrations().size()) break;
        ++stood.standing.expanded;
        if (entry.phase == Phase::contracted) stood.standing.contracted = stood.standing.expanded;
        stood.stages.push_back(entry.stage);
    }
    return stood;
}

}  // namespace evolver::detail
