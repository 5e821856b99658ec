#include "fleet/gates/gates.hpp"

namespace evolver::contract_gates {

namespace {

std::string reason(Facts const& facts) {
    if (auto const& why = facts.migration.contract.held; !why.empty())
        return "its stage is held by the plan: " + why + "; taking .held out of its ContractPolicy ends that";
    if (!facts.rollout.held) return {};
    return "its stage is held" + (facts.rollout.actor.empty() ? std::string{} : " by " + facts.rollout.actor) + ": " +
           facts.rollout.reason + "; release_stage() ends that";
}

}  // namespace

Condition const held{.name = "held", .overriding = Overriding::refused, .reason = reason};

}  // namespace evolver::contract_gates
