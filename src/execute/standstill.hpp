#pragma once

// A change of the shape that no statement of this plan's instances may overlap.

#include "execute/workplace.hpp"

#include <chrono>
#include <functional>
#include <optional>

namespace evolver {

struct Standstill {
    /// No live instance is in the middle of a statement meanwhile. False: only the write transaction.
    bool of_statements = true;
    /// Before each attempt, while everybody still works: what takes time and may be a moment old.
    std::function<void()> look_around = {};
    /// How long attempts go on. None: for Workplace::wait().
    std::optional<std::chrono::milliseconds> wait = {};
};

/// Runs `work` inside a write transaction that it commits, at a standstill. Each attempt waits only shortly for statements and lock,
/// so that nobody who waits for the other's lock waits long; attempts go on for a while, and the last one throws. Returns how long writers were kept
/// out. Throws what `work` throws, after a rollback.
std::chrono::microseconds at_standstill(Workplace& workplace, Standstill const& standstill,
                                        std::function<void()> const& work);

}  // namespace evolver
