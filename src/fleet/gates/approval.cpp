#include "fleet/gates/gates.hpp"

namespace evolver::contract_gates {

namespace {

std::string reason(Facts const& facts) {
    if (!facts.policy) return {};
    auto const missing = ledger::missing(*facts.policy, ChangeClass::destructive, facts.approvals);
    return missing.empty() ? ""
                           : "the database asks for approvals, and there are " + missing +
                                 "; show on staging, as it is now, what is left to do: Pipeline::run(); then "
                                 "approve(\"<path>\", plan, {.staging = run, .approver = \"<who>\", .reason = "
                                 "\"<why>\", .change = ChangeClass::destructive})";
}

}  // namespace

Condition const approval{.name = "approval", .overriding = Overriding::refused, .reason = reason};

}  // namespace evolver::contract_gates
