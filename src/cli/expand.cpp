#include "cli/advice.hpp"
#include "cli/pipeline_lines.hpp"
#include "cli/verbs.hpp"
#include "compile/broken_releases.hpp"
#include "observe/words.hpp"

#include <memory>

namespace evolver::cli {

void add_expand(Verbs& verbs) {
    struct Said {
        bool create = false;
    };
    auto const said = std::make_shared<Said>();
    auto& verb = verbs.add({.name = "expand",
                            .summary = "Adds what the new release needs, and removes nothing",
                            .examples = {{"expand", "as every application does at its start; safe to repeat"},
                                         {"--database new.db expand --create", "makes the file, too"}}});
    verb.add_flag("--create", said->create, "Makes the database where it is not there");
    verbs.runs(verb, [said](Tool& tool) {
        if (is_in_the_way(tool)) return ExitCode::blocked;
        auto const report = tool.evolver(said->create ? Missing::made : Missing::refused).expand();
        // Its warnings were told as they came.
        bool const breaks = tells_of_broken_releases(report.warnings);
        auto const count = report.steps.size();
        tool.out().unit(count == 0 ? "nothing to do: every migration is expanded"
                                   : "expanded: " + counted(static_cast<std::int64_t>(count), "step") +
                                         (breaks ? "" : "; old and new releases go on working"));
        tool.out().record("summary", {{"verb", "expand"}, {"steps", static_cast<std::int64_t>(count)}});
        tell_next(tool);
        return ExitCode::done;
    });
}

}  // namespace evolver::cli
