#pragma once

/// How long work treats those who write beside it.

namespace evolver {

enum class Speed {
    polite,  ///< Each time it held the lock it pauses until all who came meanwhile have looked for it again, and for half as long as it
             ///< held it: two thirds of the time are the most it takes.
    full,    ///< It does not pause: for a database that nobody else uses right now.
};

}  // namespace evolver
