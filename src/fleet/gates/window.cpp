#include "fleet/gates/gates.hpp"

#include <fmt/format.h>

namespace evolver::contract_gates {

namespace {

std::string of_day(std::chrono::minutes time) {
    return fmt::format("{:02}:{:02}", time.count() / 60, time.count() % 60);
}

std::string reason(Facts const& facts) {
    auto const& window = facts.migration.contract.window;
    if (!window) return {};
    auto const hours = of_day(window->from) + " to " + of_day(window->until) + " UTC";
    auto const left = left_of(*window, facts.now);
    if (left.count() == 0)
        return "it is outside the window from " + hours + ", in which " + window->unavailable + " may be unavailable";
    auto const most = window->longest.count() > 0 ? std::min(left, window->longest) : left;
    if (facts.expected <= most) return {};
    return fmt::format("the steps are expected to take {} s, and {} are left of the window from {}",
                       std::chrono::ceil<std::chrono::seconds>(facts.expected).count(), in_words(most), hours);
}

}  // namespace

Condition const window{.name = "window", .overriding = Overriding::by_name, .reason = reason};

}  // namespace evolver::contract_gates
