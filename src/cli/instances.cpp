#include "cli/verbs.hpp"
#include "observe/words.hpp"

#include <fmt/format.h>

namespace evolver::cli {

void add_instances(Verbs& verbs) {
    auto& verb = verbs.add({.name = "instances",
                            .summary = "Processes that have registered, and live",
                            .examples = {{"instances", "a program that does not use evolver is not among them"}}});
    verbs.runs(verb, [](Tool& tool) {
        auto& out = tool.out();
        std::int64_t others = 0;
        for (auto const& instance : tool.evolver().status().instances) {
            out.answer(fmt::format("release {}  process {}{}", instance.release, instance.process,
                                   instance.own ? ", this one" : ""));
            out.record("instance",
                       {{"release", instance.release}, {"process", instance.process}, {"own", instance.own}});
            if (!instance.own) ++others;
        }
        out.unit(counted(others, "instance") + " beside this one");
        return ExitCode::done;
    });
}

}  // namespace evolver::cli
