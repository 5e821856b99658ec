#include "evolver/pipeline/report.hpp"

#include "cli/failure_words.hpp"
#include "cli/pipeline_lines.hpp"
#include "cli/text_file.hpp"
#include "cli/usage_error.hpp"
#include "cli/verbs.hpp"

#include <memory>

namespace evolver::cli {

namespace {

struct Said {
    std::string run = {};
    std::string output = "report.html";
    std::string from = {};
    std::string save = {};
};

PipelineRun run_asked_for(Tool& tool, Said const& said) {
    if (!said.from.empty()) return run_from_json(read_text(said.from, "--from"));
    if (!said.run.empty()) return pipeline_run(tool.database(), said.run);
    auto runs = pipeline_runs(tool.database());
    if (!runs.empty()) return std::move(runs.front());
    throw InputError{
        Failure{.what = "The pipeline has not run for \"" + tool.database() + "\" yet: there is nothing to report.",
                .object = tool.database(),
                .instead = tool.command("pipeline run")}};
}

ExitCode report(Tool& tool, Said const& said) {
    auto run = run_asked_for(tool, said);
    auto const& model = said.from.empty() ? tool.database() : said.from;
    if (!said.save.empty()) write_text(said.save, to_json(run) + "\n", tool, model);
    // Whoever reads the page has the tool, not the library, before them.
    if (auto const next = next_command(run.next, run, tool); !next.empty()) run.next.call = next;
    run.next.why = in_commands(run.next.why, tool);
    for (auto& stage : run.stages) {
        if (!stage.failure) continue;
        stage.failure->what = in_commands(stage.failure->what, tool);
        for (auto& choice : stage.failure->choices) choice = in_commands(choice, tool);
    }
    write_text(said.output, html_report(run), tool, model);
    if (said.output != "-") tool.out().unit("report of run " + run.id + " in " + said.output);
    tool.out().record("summary", {{"verb", "report"}, {"run", run.id}, {"file", said.output}});
    return ExitCode::done;
}

}  // namespace

void add_report(Verbs& verbs) {
    auto const said = std::make_shared<Said>();
    auto& verb = verbs.add(
        {.name = "report",
         .summary = "A run of the pipeline as one page of HTML, which needs no network",
         .examples = {{"report", "of the newest run, into report.html"},
                      {"report --from run.json --output -", "of a run that was saved, to the standard output"}}});
    verb.add_option("run", said->run, "The run; without it, the newest")->type_name("RUN");
    verb.add_option("-o,--output", said->output, "Where to; - is the standard output")
        ->type_name("FILE")
        ->capture_default_str();
    verb.add_option("--from", said->from, "A run that was saved, instead of one of the database's")->type_name("FILE");
    verb.add_option("--save", said->save, "Saves the run as JSON, too")->type_name("FILE");
    verbs.runs(verb, [said](Tool& tool) { return report(tool, *said); });
}

}  // namespace evolver::cli
