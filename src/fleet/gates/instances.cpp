#include "fleet/gates/gates.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace evolver::contract_gates {

namespace {

std::string reason(Facts const& facts) {
    auto const needed = facts.plan.position_of(Release{facts.entry.release});
    if (facts.plan.position_of(Release{facts.own_release}) < needed)
        return "still alive: this very process, of release " + facts.own_release +
               "; stop it, or wait until it has ended";
    std::string alive;
    for (auto const& instance : facts.instances) {
        if (instance.own || instance.plan != Presence::plan_label(facts.plan.name())) continue;
        auto const releases = facts.plan.releases();
        auto const known = std::find(releases.begin(), releases.end(), Release{instance.release});
        if (known != releases.end() && static_cast<std::size_t>(known - releases.begin()) >= needed) continue;
        alive += fmt::format("{}release {} (pid {})", alive.empty() ? "" : ", ", instance.release, instance.process);
    }
    return alive.empty() ? "" : "still alive: " + alive + "; stop it, or wait until it has ended";
}

}  // namespace

Condition const instances{.name = "instances", .overriding = Overriding::by_name, .reason = reason};

}  // namespace evolver::contract_gates
