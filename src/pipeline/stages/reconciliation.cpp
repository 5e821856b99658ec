#include "evolver/execute/reconcile_error.hpp"
#include "execute/contract.hpp"
#include "execute/reconcile.hpp"
#include "pipeline/stages/stages.hpp"

namespace evolver {

Verdict compare_shapes(Work& work) {
    auto& recorder = work.recorder;
    auto& workplace = work.site->workplace();
    auto& stage = recorder.stage();
    stage.schema_before = stage.schema_after = schema_digest(workplace.own());
    try {
        auto const found = reconcile(workplace, {.speed = work.crew.pace == Pace::polite ? Speed::polite : Speed::full,
                                                 .stop = recorder.token(),
                                                 .longest = work.options.longest_reconciliation,
                                                 .most_differences = work.options.most_differences});
        stage.comparisons = found.pairs;
        stage.invariants = found.invariants;
    } catch (ReconcileError const& error) {
        stage.comparisons = error.found().pairs;
        stage.mismatches = error.rows();
        throw;
    }
    stage.gates = gates(workplace, work.options.soak, {});
    return {};
}

}  // namespace evolver
