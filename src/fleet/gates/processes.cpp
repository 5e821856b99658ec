#include "fleet/gates/gates.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace evolver::contract_gates {

namespace {

std::string reason(Facts const& facts) {
    std::string unknown;
    for (auto const& process : facts.processes) {
        bool const registered = process.id == facts.own_process ||
                                std::any_of(facts.instances.begin(), facts.instances.end(),
                                            [&](Instance const& instance) { return instance.process == process.id; });
        if (registered) continue;
        unknown += fmt::format("{}{} (pid {})", unknown.empty() ? "" : ", ",
                               process.command.empty() ? "a process" : process.command, process.id);
    }
    return unknown.empty() ? ""
                           : "the database is open in " + unknown + ", which evolver does not know; close it there";
}

}  // namespace

Condition const processes{.name = "processes", .overriding = Overriding::by_name, .reason = reason};

}  // namespace evolver::contract_gates
