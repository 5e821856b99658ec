#pragma once

// Work in batches: each a transaction of its own that holds the lock for a few milliseconds.

#include <chrono>
#include <cstdint>

namespace evolver {

/// What came of a batch.
enum class Batch {
    committed,
    finished,  ///< There was nothing left to do.
    stale,     ///< Somebody else has moved the schema or the run on meanwhile; nothing was done: look again.
};

/// A batch aims well below the 8 ms after which SQLite's busy handler looks for the lock for the third time, then sleeps for 10 ms: half
/// of all batches are slower than the typical one.
inline constexpr std::chrono::microseconds batch_target{5500};
/// With less there would be more transactions than work.
inline constexpr std::chrono::microseconds least_target{500};

inline constexpr std::int64_t first_batch = 200;

/// How many rows the next batch has, after one of `rows` that held the lock for `held`. Quick up while far below the target, quick down at
/// once when over it: an average would still be 1.4 times too large eight batches after the disk has become ten times slower.
inline constexpr std::int64_t largest_batch = 50'000;
[[nodiscard]] std::int64_t next_batch(std::int64_t rows, std::chrono::microseconds target,
                                      std::chrono::microseconds held, std::int64_t largest = largest_batch) noexcept;

}  // namespace evolver
