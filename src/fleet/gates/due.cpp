#include "fleet/gates/gates.hpp"

#include "evolver/plan/day.hpp"

#include <algorithm>

namespace evolver::contract_gates {

namespace {

std::string reason(Facts const& facts) {
    auto const& policy = facts.migration.contract;
    if (policy.remove_after_release) {
        auto const releases = facts.plan.releases();
        auto const wanted = std::find(releases.begin(), releases.end(), *policy.remove_after_release);
        bool const reached = wanted != releases.end() && facts.plan.position_of(Release{facts.own_release}) >=
                                                             static_cast<std::size_t>(wanted - releases.begin());
        if (!reached)
            return "the plan keeps the old shape until release " + policy.remove_after_release->text() +
                   "; this program is of release " + facts.own_release;
    }
    if (policy.remove_after.empty()) return {};
    auto const begins = seconds_of_day(policy.remove_after);
    if (!begins || facts.now >= *begins) return {};
    return "the plan keeps the old shape until " + policy.remove_after + " (UTC)";
}

}  // namespace

Condition const due{.name = "due", .overriding = Overriding::by_name, .reason = reason};

}  // namespace evolver::contract_gates
