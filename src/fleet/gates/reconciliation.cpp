#include "fleet/gates/gates.hpp"

namespace evolver::contract_gates {

namespace {

std::string reason(Facts const& facts) {
    if (!facts.unverified.empty()) return facts.unverified;
    if (facts.entry.reconciled_at == 0) return "the two shapes have not been compared: call reconcile()";
    if (facts.legacy.writes == facts.entry.reconciled_writes) return {};
    return "legacy writes came in since the two shapes were compared: call reconcile() again";
}

}  // namespace

Condition const reconciliation{.name = "reconciliation", .overriding = Overriding::refused, .reason = reason};

}  // namespace evolver::contract_gates
