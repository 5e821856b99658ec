#include "evolver/pipeline/runbook.hpp"

#include "cli/text_file.hpp"
#include "cli/verbs.hpp"
#include "evolver/pipeline/pipeline.hpp"

#include <memory>

namespace evolver::cli {

void add_runbook(Verbs& verbs) {
    struct Said {
        std::string run = {};
        std::string output = "-";
        RunbookOptions options = {};
    };
    auto const said = std::make_shared<Said>();
    auto& verb =
        verbs.add({.name = "runbook",
                   .summary = "What people do to bring this change, in Markdown, with figures from a dry run",
                   .examples = {{"runbook --output runbook.md", "makes a dry run first"},
                                {"runbook --executes bob --observes carol --approves alice --tell support", ""}}});
    verb.add_option("--run", said->run, "The run that the figures are from; without it, a dry run is made now")
        ->type_name("RUN");
    verb.add_option("-o,--output", said->output, "Where to; - is the standard output")
        ->type_name("FILE")
        ->capture_default_str();
    verb.add_option("--executes", said->options.executes, "Who types the commands")->type_name("NAME");
    verb.add_option("--observes", said->options.observes, "Who watches, and says stop")->type_name("NAME");
    verb.add_option("--approves", said->options.approves, "Who approves")->type_name("NAME");
    verb.add_option("--cleans-up", said->options.cleans_up, "Who removes what is left")->type_name("NAME");
    verb.add_option("--tell", said->options.told, "Who is told before and after")
        ->type_name("NAME")
        ->allow_extra_args(false);
    verbs.runs(verb, [said](Tool& tool) {
        auto options = said->options;
        options.command = [&tool](std::string_view words) { return tool.command(words); };
        PipelineRun rehearsal;
        if (said->run.empty()) {
            auto const settings = tool.evolver_options();
            Pipeline pipeline{tool.plan(),
                              {.database = tool.database(),
                               .actor = tool.actor(),
                               .release = settings.release,
                               .last = PipelineStage::dry_run,
                               .fail_on = std::nullopt,
                               .wait = settings.wait,
                               .soak = settings.soak,
                               .stop = tool.stop()}};
            rehearsal = pipeline.run();
        } else {
            rehearsal = pipeline_run(tool.database(), said->run);
        }
        write_text(said->output, runbook(tool.plan(), rehearsal, options), tool, tool.database());
        if (said->output != "-") tool.out().unit("runbook in " + said->output);
        return ExitCode::done;
    });
}

}  // namespace evolver::cli
