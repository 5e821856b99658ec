#include "fleet/gates/gates.hpp"

#include <algorithm>

namespace evolver::contract_gates {

namespace {

std::string reason(Facts const& facts) {
    std::string waiting;
    for (auto const& reader : facts.migration.contract.readers) {
        bool const seen_to = std::any_of(facts.signed_off.begin(), facts.signed_off.end(),
                                         [&](ledger::SignedOff const& one) { return one.reader == reader; });
        if (!seen_to) waiting += (waiting.empty() ? "" : ", ") + reader;
    }
    if (waiting.empty()) return {};
    return "the plan says that these read the old shape and never register: " + waiting +
           "; when one no longer does: sign_off({.reader = \"<name>\", .reason = \"<why>\"})";
}

}  // namespace

Condition const readers{.name = "readers", .overriding = Overriding::by_name, .reason = reason};

}  // namespace evolver::contract_gates
