#pragma once

// What is to be done between expand and contract, in small pieces: backfills, then the indexes that waited for them.

#include "execute/workplace.hpp"

#include <chrono>
#include <string>

namespace evolver {

enum class Pace {
    polite,        ///< Pauses of half the time that the lock was held: two thirds of the time at most.
    full_speed,    ///< Nobody else is there to wait.
};

struct Advance {
    bool worked = false;
    /// What everything waits for where nothing was done; empty where nothing is left.
    std::string why;
};

/// Works until `budget` is used up, and at most one batch more. Refused inside the caller's open transaction.
[[nodiscard]] Advance advance(Workplace& workplace, std::chrono::microseconds budget, Pace pace);

}  // namespace evolver
