#include "execute/advance.hpp"
#include "pipeline/stages/stages.hpp"

namespace evolver {

Verdict fill(Work& work) {
    auto& recorder = work.recorder;
    auto& workplace = work.site->workplace();
    auto const& connection = workplace.own();
    recorder.stage().schema_before = schema_digest(connection);
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
