#include "fleet/gates/gates.hpp"

#include <fmt/format.h>

namespace evolver::contract_gates {

namespace {

std::string reason(Facts const& facts) {
    if (facts.entry.lossy_rows == 0 || facts.loss_accepted) return {};
    return fmt::format(
        "in {} row{} the new shape cannot give back the old value: mend them, or accept the loss by name: .accept_loss "
        "= "
        "{{{{\"{}\", \"<reason>\"}}}}",
        facts.entry.lossy_rows, facts.entry.lossy_rows == 1 ? "" : "s", facts.entry.id);
}

}  // namespace

Condition const lossless{.name = "lossless", .overriding = Overriding::by_name, .reason = reason};

}  // namespace evolver::contract_gates
