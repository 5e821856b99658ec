#include "cli/advice.hpp"
#include "cli/verbs.hpp"

#include <memory>

namespace evolver::cli {

void add_baseline(Verbs& verbs) {
    auto const id = std::make_shared<std::string>();
    auto& verb = verbs.add(
        {.name = "baseline",
         .summary = "Says that a database which existed before evolver is what the plan makes up to a migration",
         .examples = {{"baseline 0001-packages", "once; refused, with the differences, where it is not"}}});
    verb.add_option("migration", *id, "The last migration whose work is there already")->required()->type_name("ID");
    verbs.runs(verb, [id](Tool& tool) {
        tool.evolver().baseline(tool.migration(*id));
        tool.out().unit("baseline: the database is what the plan makes up to \"" + *id + "\"");
        tell_next(tool);
        return ExitCode::done;
    });
}

}  // namespace evolver::cli
