#pragma once

// Batch after batch to the end, for calls that end only when the work has.

#include "execute/batch.hpp"
#include "execute/pacer.hpp"
#include "execute/workplace.hpp"

#include <functional>
#include <stop_token>
#include <string>

namespace evolver {

struct BatchLoop {
    std::string call;  ///< "contract", for messages.
    Pace pace = Pace::polite;
    std::stop_token stop = {};
};

/// Returns `finished` or `stale`. Throws Error with Retry::helps where it is told to stop, or where a reader holds the work up for longer than
/// Workplace::wait(); what `batch` throws.
template <class Work>
Batch work_through(Workplace& workplace, Pacer& pacer, BatchLoop const& loop, Work& work);

namespace detail {
/// Waits for those who are to have the lock, and for readers that hold the WAL.
void before_batch(Workplace& workplace, Pacer const& pacer, BatchLoop const& loop);
}  // namespace detail

template <class Work>
Batch work_through(Workplace& workplace, Pacer& pacer, BatchLoop const& loop, Work& work) {
    for (;;) {
        detail::before_batch(workplace, pacer, loop);
        auto const batch = work.batch(batch_target);
        if (batch != Batch::committed) return batch;
        if (loop.pace == Pace::polite) pacer.rest_after(work.held());
    }
}

}  // namespace evolver
