#include "cli/pipeline_lines.hpp"

#include "cli/failure_words.hpp"
#include "cli/finding_lines.hpp"
#include "observe/words.hpp"
#include "pipeline/next_step.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace evolver::cli {

namespace {

Tone tone_of(StageOutcome outcome) {
    switch (outcome) {
        case StageOutcome::passed: return Tone::good;
        case StageOutcome::failed: return Tone::bad;
        case StageOutcome::blocked:
        case StageOutcome::stopped: return Tone::careful;
        case StageOutcome::pending:
        case StageOutcome::skipped: return Tone::faint;
        case StageOutcome::running: break;
    }
    return Tone::plain;
}

std::chrono::microseconds took(StageRecord const& stage) {
    return stage.ended > stage.started ? stage.ended - stage.started : std::chrono::microseconds{0};
}

std::string line_of(StageRecord const& stage, Output const& out) {
    auto text =
        fmt::format("  {:<15} {}", name_of(stage.stage), out.toned(tone_of(stage.outcome), name_of(stage.outcome)));
    if (took(stage).count() > 0) text += "  " + words_of(took(stage));
    if (!stage.steps.empty()) text += "  " + counted(static_cast<std::int64_t>(stage.steps.size()), "step");
    std::int64_t rows = 0;
    for (auto const& one : stage.backfills) rows += one.rows;
    if (stage.stage == PipelineStage::backfill && rows > 0) text += "  " + counted(rows, "row") + " filled";
    std::int64_t compared = 0;
    for (auto const& one : stage.comparisons) compared += one.rows;
    if (stage.stage == PipelineStage::reconciliation && compared > 0)
        text += "  " + counted(compared, "row") + " compared";
    if (!stage.why.empty()) text += "  " + stage.why.substr(0, stage.why.find('\n'));
    return text;
}

StageRecord const* that_ended(PipelineRun const& run) {
    auto const found =
        std::ranges::find_if(run.stages, [&](StageRecord const& one) { return one.outcome == run.outcome; });
    return run.outcome == StageOutcome::passed || found == run.stages.end() ? nullptr : &*found;
}

}  // namespace

std::string fail_on(PipelineRun const& run) {
    if (run.fail_on == Severity::error) return {};
    return " --fail-on " + std::string{run.fail_on ? name_of(*run.fail_on) : "none"};
}

namespace {

/// Has a run on staging shown this plan, from the schema that the run in production began from?
bool has_evidence(PipelineRun const& production, Tool const& tool) {
    auto const runs = pipeline_runs(tool.database());
    return std::ranges::any_of(runs, [&](PipelineRun const& one) {
        return is_evidence(one, production.plan_digest) && one.schema_before == production.schema_before;
    });
}

}  // namespace

std::string next_command(NextStep const& next, PipelineRun const& run, Tool const& tool) {
    using Kind = NextStep::Kind;
    bool const production = run.environment == Environment::production;
    switch (next.kind) {
        case Kind::none: return {};
        case Kind::run:
            // A rehearsal may have been told to pass over everything: what follows it is not.
            return tool.command((production ? "pipeline run --production" : "pipeline run") +
                                (is_rehearsal(run) ? std::string{} : fail_on(run)));
        case Kind::resume: return tool.command("pipeline resume " + run.id);
        case Kind::go_on: return tool.command("pipeline go-on");
        case Kind::resume_backfill: return tool.command("pipeline failure " + run.id);
        case Kind::approve:
            if (production && !has_evidence(run, tool)) return tool.command("pipeline run");
            return tool.command("approve" + (production ? "" : " --staging-run " + run.id) +
                                (run.expands == ChangeClass::destructive ? " --change destructive" : "") +
                                " --reason 'why'");
        case Kind::recover: return tool.command("status");
        case Kind::contract: return tool.command("contract due");
    }
    return {};
}

bool is_in_the_way(Tool& tool) {
    PipelineStatus found;
    try {
        found = pipeline_status(tool.database());
    } catch (Error const&) {
        return false;  // a connection string, or no database yet: no pipeline works on it
    }
    if (!found.alive || found.run->environment != Environment::production) return false;
    auto const words = fmt::format("The pipeline's run {} is at work on this database{}.", found.run->id,
                                   found.paused.empty() ? "" : ", and is paused: " + in_one_line(found.paused));
    auto const next = tool.command(found.paused.empty() ? "pipeline status" : "pipeline go-on");
    auto& out = tool.out();
    out.record("error", {{"what", words}, {"next", next}, {"exit", static_cast<int>(ExitCode::blocked)}});
    out.error(words + " Let it go on, or end it: " + tool.command("pipeline stop --reason 'why'"));
    out.hint("next: " + next);
    return true;
}

void tell_failure(StageRecord const& stage, Tool& tool) {
    if (!stage.failure) return;
    auto& out = tool.out();
    auto const& failure = *stage.failure;
    out.error(in_commands(failure.what, tool));
    if (!failure.rows.empty()) {
        std::string keys;
        for (auto const& key : failure.rows) keys += (keys.empty() ? "" : ", ") + key;
        out.hint("  rows:    " + keys);
    }
    for (auto const& choice : failure.choices) {
        auto const words = in_commands(choice, tool);
        if (in_commands(failure.what, tool).find(words) == std::string::npos) out.hint("  choice:  " + words);
    }
}

void tell_stage(StageRecord const& stage, Tool& tool, bool sql) {
    auto& out = tool.out();
    std::string migration;
    for (auto const& step : stage.steps) {
        if (!step.migration.empty() && step.migration != migration) out.answer(out.toned(Tone::strong, step.migration));
        if (!step.migration.empty()) migration = step.migration;
        auto const figures =
            step.planned_rows > 0 ? fmt::format(", {}", counted(step.planned_rows, "row")) : std::string{};
        out.answer(fmt::format("  {}{}{}", step.what, figures,
                               step.duration.count() > 0 ? ", " + words_of(step.duration) : ""));
        json_text::Array statements;
        for (auto const& statement : step.sql) {
            statements.emplace_back(statement);
            if (sql || out.style().loudness == Loudness::verbose)
                out.answer("      " + out.toned(Tone::faint, statement));
        }
        out.record("step", {{"stage", name_of(stage.stage)},
                            {"migration", step.migration},
                            {"what", step.what},
                            {"sql", std::move(statements)},
                            {"planned_rows", step.planned_rows},
                            {"rows", step.rows},
                            {"estimate_microseconds", std::int64_t{step.estimate.count()}},
                            {"microseconds", std::int64_t{step.duration.count()}}});
    }
    for (auto const& it : stage.estimates) {
        out.answer(fmt::format("  backfill of {} ({}): {} in {}, about {} with pauses, locks of {}, {} of disk",
                               it.table, it.migration, counted(it.rows, "row"), counted(it.batches, "batch", "batches"),
                               words_of(it.time), words_of(it.lock), words_of_bytes(it.disk)));
        out.record("estimate", {{"migration", it.migration},
                                {"table", it.table},
                                {"rows", it.rows},
                                {"batches", it.batches},
                                {"microseconds", std::int64_t{it.time.count()}},
                                {"lock_microseconds", std::int64_t{it.lock.count()}},
                                {"disk", it.disk}});
    }
    for (auto const& warning : stage.warnings) {
        out.warning(in_commands(warning, tool));
        out.record("warning", {{"message", warning}});
    }
    FindingLines{tool}.tell(stage.findings);
}

void tell_run(PipelineRun const& run, Tool& tool) {
    auto& out = tool.out();
    out.answer(fmt::format("run {}  {}  {}", run.id, run.environment_name,
                           out.toned(tone_of(run.outcome), name_of(run.outcome))));
    for (auto const& stage : run.stages) {
        out.answer(line_of(stage, out));
        out.record("stage", {{"run", run.id},
                             {"stage", name_of(stage.stage)},
                             {"outcome", name_of(stage.outcome)},
                             {"why", stage.why},
                             {"microseconds", std::int64_t{took(stage).count()}},
                             {"steps", static_cast<std::int64_t>(stage.steps.size())}});
    }
    if (auto const* const stage = that_ended(run)) tell_failure(*stage, tool);
    for (auto const& one : run.approvals) {
        if (!one.alive)
            out.hint(fmt::format("approval {} by {} does not count: {}", one.approval.id, one.approval.approver,
                                 one.why_dead));
    }
    out.record("run", record_of(run));
    if (!run.next.why.empty()) out.hint(in_commands(run.next.why, tool));
    if (auto const next = next_command(run.next, run, tool); !next.empty()) out.hint("next: " + next);
}

ExitCode code_of(PipelineRun const& run) {
    switch (run.outcome) {
        case StageOutcome::blocked: return ExitCode::blocked;
        case StageOutcome::stopped: return ExitCode::stopped;
        case StageOutcome::failed: break;
        case StageOutcome::pending:
        case StageOutcome::running:
        case StageOutcome::passed:
        case StageOutcome::skipped: return ExitCode::done;
    }
    auto const* const stage = that_ended(run);
    bool const differs =
        stage != nullptr && stage->stage == PipelineStage::reconciliation && !stage->mismatches.empty();
    bool const found = stage != nullptr && stage->stage == PipelineStage::dry_run && !stage->findings.empty() &&
                       stage->failure && stage->failure->what.starts_with("Lint ");
    return differs || found ? ExitCode::findings : ExitCode::failed;
}

json_text::Object record_of(PipelineRun const& run) {
    return {{"id", run.id},
            {"plan", run.plan},
            {"plan_digest", run.plan_digest},
            {"environment", run.environment_name},
            {"database", run.database},
            {"actor", run.actor},
            {"outcome", name_of(run.outcome)},
            {"started", to_text(run.started)},
            {"ended", to_text(run.ended)},
            {"next", name_of(run.next.kind)},
            {"fail_on", run.fail_on ? name_of(*run.fail_on) : "none"}};
}

}  // namespace evolver::cli
