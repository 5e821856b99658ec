#include "pipeline/failure_of.hpp"

#include "evolver/execute/backfill_error.hpp"
#include "evolver/fleet/gate.hpp"

namespace evolver {

namespace {

void add_batch(StageFailure& failure, FailedBatch const& batch) {
    failure.table = batch.table;
    failure.after = batch.after;
    failure.until = batch.until;
    failure.rows = batch.rows;
    failure.sql = batch.sql;
    failure.error = batch.error;
    failure.choices = {"mend the rows, then resume_backfill()", "resume_backfill({.batches = Batches::halved})",
                       "skip_failed_rows({.reason = \"…\"}), which leaves them as they are, then resume_backfill()"};
}

}  // namespace

StageOutcome note_failure(StageRecord& stage, std::exception const& error) {
    StageFailure failure{.what = error.what()};
    auto outcome = StageOutcome::failed;
    if (auto const* const known = dynamic_cast<Error const*>(&error)) {
        failure.object = known->object();
        failure.sql = known->sql();
        failure.native_code = known->native_code();
        failure.retry_helps = known->retry_helps();
        if (!known->instead().empty()) failure.choices = {known->instead()};
        if (known->retry_helps()) outcome = StageOutcome::blocked;
    }
    if (auto const* const batch = dynamic_cast<BackfillFailed const*>(&error)) add_batch(failure, batch->batch());
    if (dynamic_cast<BackfillStopped const*>(&error) != nullptr) outcome = StageOutcome::stopped;
    if (auto const* const closed = dynamic_cast<GateClosed const*>(&error)) {
        stage.gates = closed->gates();
        outcome = StageOutcome::blocked;
    }
    // A gate that is closed on a copy is closed by the rows, or by the plan: nobody opens it by waiting.
    if (stage.stage == PipelineStage::dry_run && outcome == StageOutcome::blocked && !failure.retry_helps)
        outcome = StageOutcome::failed;
    if (stage.stage == PipelineStage::rollback_test && outcome == StageOutcome::blocked && !failure.retry_helps)
        outcome = StageOutcome::failed;
    stage.failure = std::move(failure);
    return outcome;
}

}  // namespace evolver
