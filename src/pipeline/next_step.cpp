#include "pipeline/next_step.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace evolver {

namespace {

using Kind = NextStep::Kind;

std::string resume_call(PipelineRun const& run) { return "Pipeline{plan, options}.resume(\"" + run.id + "\")"; }

NextStep resume(PipelineRun const& run, std::string why) {
    return {.kind = Kind::resume, .call = resume_call(run), .why = std::move(why)};
}

bool waits_for_approval(StageRecord const& stage) {
    return std::ranges::any_of(stage.gates, [](Gate const& gate) { return gate.name == "approval" && !gate.open; });
}

NextStep approve(PipelineRun const& run, std::string const& staging, std::string why) {
    return {.kind = Kind::approve,
            .call = "approve(\"" + (run.original.empty() ? "<database>" : run.original) +
                    "\", plan, {.staging = " + staging + ", .approver = \"<who>\", .reason = \"<why>\"" +
                    (run.expands == ChangeClass::destructive ? ", .change = ChangeClass::destructive" : "") + "})",
            .why = std::move(why)};
}

NextStep after_passing(PipelineRun const& run) {
    if (!is_whole(run))
        return {.kind = Kind::run,
                .call = "Pipeline{plan, options}.run()",
                .why = "only a part of the stages was asked for"};
    if (run.migrations.empty()) return {.kind = Kind::none, .call = {}, .why = "there was nothing to bring"};
    if (run.environment == Environment::staging)
        return approve(run, "run", "staging has shown the change; production waits for an approval");
    bool const compared = !run.at(PipelineStage::reconciliation).comparisons.empty();
    return {.kind = Kind::contract,
            .call = "Evolver::contract()",
            .why = std::string{compared ? "both shapes are there and agree" : "it is there"} +
                   "; contract() removes what is old when its gates are open"};
}

NextStep after_failure(PipelineRun const& run, StageRecord const& stage) {
    if (stage.failure && stage.failure->native_code == SQLITE_READONLY_ROLLBACK)
        return {.kind = Kind::recover,
                .call = "sqlite3 \"" + run.source + "\" 'SELECT count(*) FROM sqlite_schema'",
                .why = "a killed process has left a transaction in the database; then begin a new run"};
    if (stage.stage == PipelineStage::backfill && stage.failure && !stage.failure->table.empty())
        return {.kind = Kind::resume_backfill,
                .call = "Evolver::resume_backfill(), then " + resume_call(run),
                .why = "a batch of " + stage.failure->table +
                       " has failed: mend its rows, or resume with halved batches, or skip_failed_rows() before"};
    // What was tried on a copy has to be changed before it is tried again; so has a plan.
    if (stage.stage == PipelineStage::dry_run)
        return {.kind = Kind::run,
                .call = "Pipeline{plan, options}.run()",
                .why = "the database is as it was; mend what the failure names first"};
    return resume(run, "mend what the failure of " + std::string{name_of(stage.stage)} +
                           " names first; where that is the plan, begin a new run");
}

}  // namespace

bool is_whole(PipelineRun const& run) {
    return std::ranges::none_of(run.stages, [](StageRecord const& one) {
        return one.outcome == StageOutcome::skipped && one.why == not_asked_for;
    });
}

bool is_evidence(PipelineRun const& run, std::string const& plan_digest) {
    return run.environment == Environment::staging && run.outcome == StageOutcome::passed &&
           run.plan_digest == plan_digest && is_whole(run);
}

bool is_rehearsal(PipelineRun const& run) {
    return run.outcome != StageOutcome::running && std::ranges::all_of(run.stages, [](StageRecord const& one) {
               return one.stage == PipelineStage::dry_run ||
                      (one.outcome == StageOutcome::skipped && one.why == not_asked_for);
           });
}

NextStep next_step(PipelineRun const& run, bool alive, bool paused) {
    if (run.outcome == StageOutcome::passed) return after_passing(run);
    if (run.outcome == StageOutcome::running) {
        if (alive && !paused) return {.kind = Kind::none, .call = {}, .why = "it is at work"};
        if (alive)
            return {.kind = Kind::go_on,
                    .call = "order_pipeline(\"" + run.source + "\", {.command = PipelineCommand::go_on})",
                    .why = "it is paused"};
        return resume(run, "the process that worked on it is gone");
    }
    auto const last =
        std::ranges::find_if(run.stages, [&](StageRecord const& one) { return one.outcome == run.outcome; });
    if (last == run.stages.end()) return resume(run, {});
    if (run.outcome == StageOutcome::stopped) return resume(run, last->why);
    if (run.outcome == StageOutcome::blocked) {
        if (waits_for_approval(*last)) {
            auto next = approve(run, "<the run on staging>", "it waits for an approval");
            next.call += ", then " + resume_call(run);
            return next;
        }
        return resume(run, "when what holds it up is over: " + last->why);
    }
    return after_failure(run, *last);
}

}  // namespace evolver
