#include "execute/advance.hpp"
#include "execute/run_control.hpp"
#include "ledger/runs.hpp"
#include "pipeline/stages/stages.hpp"

#include <algorithm>

namespace evolver {

namespace {

bool is_stopped(Workplace& workplace) {
    auto const& connection = workplace.own();
    if (!ledger::has_runs(connection)) return false;
    auto const& entries = workplace.state(connection).entries;
    return std::ranges::any_of(entries, [&](ledger::Entry const& entry) {
        return !entry.filled &&
               ledger::run_of(connection, workplace.plan().name(), entry.position).state == RunState::stopped;
    });
}

}  // namespace

Verdict fill(Work& work) {
    auto& recorder = work.recorder;
    auto& workplace = work.site->workplace();
    auto const& connection = workplace.own();
    recorder.stage().schema_before = schema_digest(connection);
    // Who resumes a run whose backfill somebody has stopped wants it to go on.
    auto const& before = recorder.last_attempt();
    bool const again = before.stage == PipelineStage::backfill && before.outcome == StageOutcome::stopped;
    if (again && is_stopped(workplace))
        resume_backfill(workplace, {.reason = "the run " + work.run.id + " was resumed"});
    Advancer advancer{workplace,
                      {.signals = work.options.signals,
                       .rows_per_second = work.options.rows_per_second,
                       .order = work.options.fill_order}};
    // Whoever looks at the report of a stage that did not pass wants to know how far it got.
    struct Note {
        Work& work;
        Workplace& workplace;
        ~Note() {
            try {
                work.recorder.stage().backfills = backfills_of(workplace);
            } catch (Error const&) {
                return;  // the stage has a failure of its own to tell
            }
        }
    } const note{work, workplace};
    advancer.to_the_end(work.crew.pace, recorder.token());
    recorder.stage().schema_after = schema_digest(connection);
    return {};
}

}  // namespace evolver
