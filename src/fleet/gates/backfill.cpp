#include "fleet/gates/gates.hpp"

namespace evolver::contract_gates {

namespace {

std::string reason(Facts const& facts) {
    return facts.entry.filled ? ""
                              : "the backfill is not complete: call backfill(), or advance() until it returns false";
}

}  // namespace

Condition const backfill{.name = "backfill", .overriding = Overriding::refused, .reason = reason};

}  // namespace evolver::contract_gates
