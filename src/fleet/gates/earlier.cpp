#include "fleet/gates/gates.hpp"

namespace evolver::contract_gates {

namespace {

std::string reason(Facts const& facts) {
    return facts.waits_for.empty()
               ? ""
               : "migrations are contracted in the order of the plan, and \"" + facts.waits_for + "\" has to wait";
}

}  // namespace

Condition const earlier{.name = "earlier migrations", .overriding = Overriding::refused, .reason = reason};

}  // namespace evolver::contract_gates
