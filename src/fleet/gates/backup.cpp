#include "fleet/gates/gates.hpp"

namespace evolver::contract_gates {

namespace {

std::string reason(Facts const& facts) {
    auto const within = facts.migration.contract.backup_within;
    if (within.count() <= 0) return {};
    auto const instead = "; make one, then verify_backup(\"<path>\")";
    if (facts.backup.at == 0 || facts.backup.at < facts.entry.expanded_at)
        return std::string{"no backup that was made since the migration was expanded has been verified"} + instead;
    auto const age = std::chrono::seconds{facts.now - facts.backup.at};
    if (age <= within) return {};
    return "the newest verified backup is " + in_words(age) + " old, and the plan wants one within " +
           in_words(within) + instead;
}

}  // namespace

Condition const backup{.name = "backup", .overriding = Overriding::by_name, .reason = reason};

}  // namespace evolver::contract_gates
