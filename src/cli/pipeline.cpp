#include "cli/alert.hpp"
#include "cli/duration.hpp"
#include "cli/finding_lines.hpp"
#include "cli/pipeline_lines.hpp"
#include "cli/reasons.hpp"
#include "cli/speed_option.hpp"
#include "cli/text_file.hpp"
#include "cli/usage_error.hpp"
#include "cli/verbs.hpp"
#include "evolver/observe/metrics.hpp"
#include "observe/words.hpp"
#include "pipeline/next_step.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace evolver::cli {

namespace {

struct Said {
    bool production = false;
    std::string environment = {};
    std::string staging = {};
    bool given = false;
    std::string scratch = {};
    std::string last = "rollback_test";
    std::string fail_on = "error";
    std::vector<std::string> accept_loss = {};
    std::string on_behalf_of = {};
    std::string planner = {};
    double rows_per_second = 0;
    Alerts alerts = {};
    std::string run = {};
    std::string reason = {};
};

PipelineStage stage_named(std::string const& name) {
    auto const* const found =
        std::ranges::find(pipeline_stages, name, [](PipelineStage stage) { return name_of(stage); });
    return found == pipeline_stages.end() ? PipelineStage::rollback_test : *found;
}

std::optional<Severity> severity_of(std::string const& text) {
    if (text == "none") return std::nullopt;
    if (text == "error") return Severity::error;
    return text == "warning" ? Severity::warning : Severity::info;
}

PipelineOptions options_of(Tool& tool, Said const& said) {
    auto const settings = tool.evolver_options();
    if (!said.alerts.file.empty()) refuse_database(said.alerts.file, "--alert-file", tool);
    PipelineOptions options{
        .database = tool.database(),
        .environment = said.production ? Environment::production : Environment::staging,
        .environment_name = said.environment,
        .staging = said.staging,
        .staging_is = said.given ? Staging::given : Staging::copied,
        .scratch = said.scratch,
        .actor = tool.actor(),
        .on_behalf_of = said.on_behalf_of,
        .planner = said.planner,
        .release = settings.release,
        .last = stage_named(said.last),
        .fail_on = severity_of(said.fail_on),
        .accept_loss = losses_of(said.accept_loss),
        .signals = settings.signals,
        .rows_per_second = said.rows_per_second > 0 ? said.rows_per_second : settings.rows_per_second,
        .fill_order = settings.fill_order,
        .wait = settings.wait,
        .soak = settings.soak,
        .stop = tool.stop(),
        .alert = alert_by(said.alerts),
        .observer = settings.observer};
    // The log says what the events say, and in which stage: what is taken back is taken back on a copy there.
    tool.narrator().leave_words_to_others();
    options.log = [&tool](PipelineStage stage, LogLine const& line) {
        bool const is_named = line.text.starts_with(name_of(stage));
        tool.out().unit(is_named ? line.text : fmt::format("  {}: {}", name_of(stage), line.text));
        tool.out().record("stage_log", {{"at", to_text(line.at)}, {"stage", name_of(stage)}, {"text", line.text}});
    };
    return options;
}

ExitCode end(PipelineRun const& run, Tool& tool) {
    if (auto* const metrics = tool.metrics()) {
        for (auto const& stage : run.stages) {
            if (stage.ended <= stage.started) continue;
            auto const seconds = std::chrono::duration<double>(stage.ended - stage.started).count();
            metrics->record("evolver.stage.duration", seconds, {{"stage", std::string{name_of(stage.stage)}}});
        }
    }
    tell_run(run, tool);
    return code_of(run);
}

/// The newest run, or the one that was named.
PipelineRun run_named(Tool& tool, std::string const& id) {
    if (!id.empty()) return pipeline_run(tool.database(), id);
    auto const runs = pipeline_runs(tool.database());
    if (!runs.empty()) return runs.front();
    throw InputError{Failure{.what = "The pipeline has not run for \"" + tool.database() + "\" yet.",
                             .object = tool.database(),
                             .instead = tool.command("pipeline run")}};
}

/// The newest run that has not come to its end, or the one that was named.
PipelineRun run_to_resume(Tool& tool, std::string const& id) {
    if (id.empty()) {
        for (auto& run : pipeline_runs(tool.database())) {
            if (run.outcome != StageOutcome::passed && !is_rehearsal(run)) return std::move(run);
        }
    }
    return run_named(tool, id);
}

ExitCode resume(Tool& tool, Said said) {
    auto const run = run_to_resume(tool, said.run);
    said.production = run.environment == Environment::production;
    said.environment = run.environment_name;
    bool const given = run.environment == Environment::staging && run.original.empty();
    said.given = given;
    if (!said.production) said.staging = run.database;
    if (said.planner.empty()) said.planner = run.planner;
    if (said.fail_on.empty()) said.fail_on = run.fail_on ? std::string{name_of(*run.fail_on)} : "none";
    Pipeline pipeline{tool.plan(), options_of(tool, said)};
    return end(pipeline.resume(run.id), tool);
}

void add_alerts(CLI::App& verb, Said& said) {
    verb.add_option("--alert-command", said.alerts.command,
                    "Run by the shell, with the words on its input, where a stage does not pass")
        ->type_name("COMMAND");
    verb.add_option("--alert-file", said.alerts.file, "A line of JSON is appended where a stage does not pass")
        ->type_name("FILE");
}

void add_run(Verbs& verbs, CLI::App& family) {
    auto const said = std::make_shared<Said>();
    auto& verb = verbs.add(
        family, {.name = "run",
                 .summary = "Dry run, migration, backfill, reconciliation, rollback test: on a copy, or with "
                            "--production on the database itself",
                 .examples = {{"pipeline run", "on a copy: the database itself is only read"},
                              {"pipeline run --last dry_run", "leaves nothing behind"},
                              {"pipeline run --production --alert-command 'mail -s evolver oncall@example.org'",
                               "needs an approval"}}});
    verb.add_flag("--production", said->production, "Works on the database itself; what only tries works on copies");
    verb.add_option("--environment", said->environment, "What the environment is called where approvals are given")
        ->type_name("NAME");
    auto* const staging =
        verb.add_option("--staging", said->staging, "The staging database; without it, <database>-staging")
            ->type_name("FILE");
    verb.add_flag("--given", said->given, "The staging database is there, and is worked on as it is")->needs(staging);
    verb.add_option("--scratch", said->scratch, "The folder for copies that are taken away again")->type_name("FOLDER");
    verb.add_option("--last", said->last, "The last stage to be run")
        ->check(CLI::IsMember({"dry_run", "migration", "backfill", "reconciliation", "rollback_test"}))
        ->type_name("STAGE")
        ->capture_default_str();
    add_fail_on(verb, said->fail_on);
    add_accept_loss(verb, said->accept_loss);
    verb.add_option("--on-behalf-of", said->on_behalf_of, "For whom, where that is somebody else")->type_name("NAME");
    verb.add_option("--planner", said->planner, "Who has planned the change, for approvals")->type_name("NAME");
    verb.add_option("--rows-per-second", said->rows_per_second, "At most so many rows of a backfill in a second")
        ->check(CLI::PositiveNumber);
    add_alerts(verb, *said);
    verbs.runs(verb, [said](Tool& tool) {
        Pipeline pipeline{tool.plan(), options_of(tool, *said)};
        return end(pipeline.run(), tool);
    });
}

void add_resume(Verbs& verbs, CLI::App& family) {
    auto const said = std::make_shared<Said>();
    auto& verb = verbs.add(
        family,
        {.name = "resume",
         .summary = "Goes on with a run that has not passed, or was killed; stages that passed are not repeated",
         .examples = {{"pipeline resume", "the newest run"}, {"pipeline resume 20261129T021437Z-3f9a12cd", ""}}});
    verb.add_option("run", said->run, "The run; without it, the newest")->type_name("RUN");
    said->fail_on.clear();  // what the run was told before holds
    add_fail_on(verb, said->fail_on);
    add_accept_loss(verb, said->accept_loss);
    verb.add_option("--on-behalf-of", said->on_behalf_of, "For whom, where that is somebody else")->type_name("NAME");
    add_alerts(verb, *said);
    verbs.runs(verb, [said](Tool& tool) { return resume(tool, *said); });
}

void add_order(Verbs& verbs, CLI::App& family, VerbText const& text, PipelineCommand command, std::string const& done) {
    auto const said = std::make_shared<Said>();
    auto& verb = verbs.add(family, text);
    auto* const reason = verb.add_option("--reason", said->reason, "Why, for the audit trail and for whoever wonders")
                             ->type_name("TEXT");
    if (command != PipelineCommand::go_on) reason->required();
    verb.add_option("--run", said->run, "The run; without it, the newest that has not ended")->type_name("RUN");
    verbs.runs(verb, [said, command, done](Tool& tool) {
        PipelineOrder order{.command = command, .reason = said->reason, .actor = tool.actor()};
        if (!said->run.empty()) order.run = said->run;
        order_pipeline(tool.database(), order);
        tool.out().unit(done);
        return ExitCode::done;
    });
}

ExitCode status(Tool& tool) {
    auto const found = pipeline_status(tool.database());
    auto& out = tool.out();
    if (!found.run) {
        tool.need_database_file();  // no run is known of a name that was mistyped, either
        if (!found.next.why.empty()) out.answer(found.next.why);
        out.answer("the pipeline has not run yet");
        out.hint("next: " + tool.command(found.next.kind == NextStep::Kind::recover ? "status" : "pipeline run"));
        return ExitCode::done;
    }
    auto run = *found.run;
    run.next = found.next;
    if (run.outcome == StageOutcome::running)
        out.answer(found.alive ? "a process is at work on it" : "the process that worked on it is gone");
    if (!found.paused.empty()) out.answer("paused: " + found.paused);
    return end(run, tool);
}

ExitCode list(Tool& tool) {
    auto& out = tool.out();
    auto const runs = pipeline_runs(tool.database());
    for (auto const& run : runs) {
        out.answer(fmt::format("{}  {:<10}  {:<8}  {}", run.id, run.environment_name, name_of(run.outcome), run.actor));
        out.record("run", record_of(run));
    }
    if (runs.empty()) tool.need_database_file();
    if (runs.empty()) out.answer("the pipeline has not run yet");
    return ExitCode::done;
}

}  // namespace

void add_pipeline(Verbs& verbs) {
    auto& family = verbs.family(
        {.name = "pipeline",
         .summary = "Every change the same way: dry run, migration, backfill, reconciliation, rollback test",
         .examples = {{"pipeline run", "on a copy of the database"},
                      {"pipeline status", "where the newest run stands, and what is next"},
                      {"pipeline pause --reason 'black friday'", "from any process"}}});
    add_run(verbs, family);
    add_resume(verbs, family);
    add_order(verbs, family,
              {.name = "pause",
               .summary = "The run waits at its next batch or step, with no lock held",
               .examples = {{"pipeline pause --reason 'black friday'", ""}}},
              PipelineCommand::pause, "paused: it waits at its next batch or step");
    add_order(verbs, family, {.name = "go-on", .summary = "Ends a pause", .examples = {{"pipeline go-on", ""}}},
              PipelineCommand::go_on, "it goes on");
    add_order(verbs, family,
              {.name = "stop",
               .summary = "The run ends at its next batch or step; resume goes on later",
               .examples = {{"pipeline stop --reason 'not this week'", ""}}},
              PipelineCommand::stop, "told to stop: it ends at its next batch or step");
    auto& shown = verbs.add(family, {.name = "status",
                                     .summary = "Where the newest run stands, and what is next",
                                     .examples = {{"pipeline status", ""}}});
    verbs.runs(shown, status);
    auto& listed =
        verbs.add(family, {.name = "list", .summary = "Every run, newest first", .examples = {{"pipeline list", ""}}});
    verbs.runs(listed, list);

    auto const said = std::make_shared<Said>();
    auto& failure = verbs.add(family, {.name = "failure",
                                       .summary = "What a stage of a run met, and the choices",
                                       .examples = {{"pipeline failure", "of the newest run"}}});
    failure.add_option("run", said->run, "The run; without it, the newest")->type_name("RUN");
    verbs.runs(failure, [said](Tool& tool) {
        auto const run = run_named(tool, said->run);
        bool any = false;
        for (auto const& stage : run.stages) {
            if (!stage.failure) continue;
            any = true;
            tool.out().answer(fmt::format("{} {}: {}", name_of(stage.stage), name_of(stage.outcome),
                                          stage.failure->error.empty()
                                              ? stage.failure->what.substr(0, stage.failure->what.find('\n'))
                                              : stage.failure->error));
            tell_failure(stage, tool);
        }
        if (!any) tool.out().answer("no stage of it has failed");
        if (any)
            tool.out().hint("then: " + (run.next.kind == NextStep::Kind::resume_backfill
                                            ? tool.command("pipeline resume " + run.id)
                                            : next_command(run.next, run, tool)));
        return any ? ExitCode::findings : ExitCode::done;
    });
}

void add_rollback_test(Verbs& verbs) {
    auto const said = std::make_shared<Said>();
    auto& verb = verbs.add({.name = "rollback-test",
                            .summary = "Proves on a copy that the way back leads back, and forward again",
                            .examples = {{"rollback-test", "the database itself is only read"}}});
    add_accept_loss(verb, said->accept_loss);
    verbs.runs(verb, [said](Tool& tool) {
        said->staging = tool.database() + "-rollback-trial";
        said->fail_on = "none";  // what lint says is asked for by its own verb
        PipelineRun run;
        {
            auto options = options_of(tool, *said);
            options.taken_back = TakenBack::all_open;
            Pipeline pipeline{tool.plan(), std::move(options)};
            run = pipeline.run();
        }
        for (auto const* end : {"", "-wal", "-shm", "-evolver", "-journal"}) {
            std::error_code ignored;
            std::filesystem::remove(said->staging + end, ignored);
        }
        auto const& stage = run.at(PipelineStage::rollback_test);
        tell_stage(stage, tool, false);
        tool.out().unit(
            fmt::format("rollback test: {}{}", name_of(stage.outcome), stage.why.empty() ? "" : ": " + stage.why));
        tool.out().record("stage", {{"stage", name_of(stage.stage)},
                                    {"outcome", name_of(stage.outcome)},
                                    {"schema_before", stage.schema_before},
                                    {"schema_after", stage.schema_after},
                                    {"data_before", stage.data_before},
                                    {"data_after", stage.data_after}});
        for (auto const& one : run.stages) {
            if (one.failure) tell_failure(one, tool);
        }
        return code_of(run);
    });
}

void add_dry_run(Verbs& verbs) {
    struct Dry {
        bool sql = false;
        Said said = {};
    };
    auto const dry = std::make_shared<Dry>();
    auto& verb = verbs.add(
        {.name = "dry-run",
         .summary =
             "Everything that is to come, contract included, tried on a copy; the database is opened for reading only",
         .examples = {{"dry-run", ""},
                      {"dry-run --sql", "with every statement"},
                      {"dry-run --fail-on none", "findings are told, and stop nothing"}}});
    verb.add_flag("--sql", dry->sql, "Shows the SQL of each step");
    verb.add_option("--scratch", dry->said.scratch, "The folder for the copy")->type_name("FOLDER");
    add_fail_on(verb, dry->said.fail_on);
    add_accept_loss(verb, dry->said.accept_loss);
    verbs.runs(verb, [dry](Tool& tool) {
        dry->said.last = "dry_run";
        Pipeline pipeline{tool.plan(), options_of(tool, dry->said)};
        auto const run = pipeline.run();
        auto const& stage = run.at(PipelineStage::dry_run);
        tell_stage(stage, tool, dry->sql);
        tell_failure(stage, tool);
        auto const code = code_of(run);
        if (code == ExitCode::done)
            tool.out().unit(
                run.migrations.empty()
                    ? "nothing to do: every migration is expanded"
                    : "dry run passed: " + counted(static_cast<std::int64_t>(run.migrations.size()), "migration") +
                          " to come; nothing was written");
        tool.out().record("summary", {{"verb", "dry-run"},
                                      {"outcome", name_of(stage.outcome)},
                                      {"migrations", static_cast<std::int64_t>(run.migrations.size())},
                                      {"findings", static_cast<std::int64_t>(stage.findings.size())}});
        if (run.next.kind == NextStep::Kind::recover) tool.out().hint("next: " + tool.command("status"));
        return code;
    });
}

}  // namespace evolver::cli
