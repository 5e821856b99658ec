#pragma once

// Whether others get the write lock between two batches.

#include "evolver/observe/observer.hpp"

#include <chrono>

namespace evolver::testing {

/// Counts the batches, and those that began before the lock had been free for half of the time that the one before had held it. A slow
/// machine makes the pauses longer only.
struct Pauses : Observer {
    using Clock = std::chrono::steady_clock;

    void on(Event const& event) override {
        if (event.kind != EventKind::batch) return;
        auto const now = Clock::now();
        ++batches;
        // The first event of a run tells of its beginning, too.
        if (batches > 2 && now - event.duration < last + held / 2) ++too_short;
        last = now;
        held = event.duration;
    }

    int batches = 0;
    int too_short = 0;
    Clock::time_point last;
    std::chrono::microseconds held{0};
};

}  // namespace evolver::testing
