#pragma once

/// How long work treats those who write beside it.

namespace evolver {

enum class Speed {
    polite,  ///< It pauses for half of the time that it held the lock: two thirds of the time at most.
    full,    ///< It does not pause: for a database that nobody else uses right now.
};

}  // namespace evolver
