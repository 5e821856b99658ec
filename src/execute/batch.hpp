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

/// The size of the batches of one run, where a commit has a cost of its own.
///
/// Outside WAL mode, or with synchronous = FULL, a commit waits for the disk a few times, for as long as that takes, however few rows there are. Taken for
/// the cost of rows, that would make batches of one row each. So it is left out of what a batch may take; and where it is most of it, as long again, up to
/// 20 ms, goes to rows: the lock is held for too long by the commit alone, and fewer rows would only mean more of them.
///
/// A commit's own cost is taken to be that of the cheapest one, or of the last one with no more rows than that: so one that grows with its rows is not
/// taken for a slow disk, and a disk that becomes slower is known for it once the batches have become small.
class BatchSize {
public:
    [[nodiscard]] std::int64_t next(std::int64_t rows, std::chrono::microseconds target, std::chrono::microseconds held,
                                    std::chrono::microseconds committing) noexcept;

private:
    std::chrono::microseconds commit_{0};
    std::int64_t rows_ = 0;  // of the batch that it is from; 0: none was seen yet
};

}  // namespace evolver
