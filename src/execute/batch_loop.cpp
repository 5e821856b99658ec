#include "execute/batch_loop.hpp"

#include <thread>

namespace evolver::detail {

void before_batch(Workplace& workplace, Pacer const& pacer, BatchLoop const& loop) {
    constexpr std::chrono::milliseconds look_again{20};
    auto const refuse = [&](std::string what, std::string instead) {
        throw Error{Failure{.what = std::move(what),
                            .object = workplace.path(),
                            .instead = std::move(instead),
                            .changed = Changed::partly,
                            .retry = Retry::helps}};
    };
    if (loop.pace == Pace::polite) {
        while (!pacer.rested(std::chrono::seconds{1})) {
        }
    }
    auto const start = Pacer::Clock::now();
    bool told = false;
    for (;;) {
        if (loop.stop.stop_requested())
            refuse(loop.call + "() was told to stop, and stopped between two batches.",
                   "call " + loop.call + "() again: it goes on where it stopped");
        auto const reader = workplace.held_up_by_reader();
        if (reader.empty()) return;
        if (!told) workplace.tell({.kind = EventKind::waiting, .message = reader});
        told = true;
        if (Pacer::Clock::now() - start >= workplace.wait())
            refuse(loop.call + "() has stopped between two batches: " + reader + ".",
                   "end the reader's transaction, then call again: it goes on where it stopped");
        std::this_thread::sleep_for(look_again);
    }
}

}  // namespace evolver::detail
