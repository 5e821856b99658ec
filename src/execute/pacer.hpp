#pragma once

// When the next batch may take the lock, so that everybody else gets it, too.
//
// Whoever waits for the lock in SQLite's own way (sqlite3_busy_timeout) looks for it 1, 3, 8, 18, 33, 53 ... ms after he came, and sleeps
// in between. A pause that is shorter than his sleep is one that he sleeps through, and a few of those in a row make him wait for 50 ms
// while the lock is free for a third of the time. So a pause outlasts the sleep of everybody who came while the lock was held: after 5 ms
// of it the longest is 5 ms, after 15 ms 10 ms. All of them get the lock in the first pause after they came.

#include <chrono>

namespace evolver {

enum class Pace {
    polite,      ///< Pauses that outlast the sleep of who waits, and half of the time that the lock was held.
    full_speed,  ///< Nobody else is there to wait.
};

/// The pause after a lock. At least half of the time: two thirds at most are ours.
[[nodiscard]] std::chrono::microseconds pause_after(std::chrono::microseconds held);

class Pacer {
public:
    using Clock = std::chrono::steady_clock;

    /// Waits as long as others are to have the lock, but no longer than `left`. False: they are to have it still.
    [[nodiscard]] bool rested(std::chrono::microseconds left) const;
    void rest_after(std::chrono::microseconds held);
    /// Not before `time`, for another reason.
    void rest_until(Clock::time_point time);

private:
    Clock::time_point rest_until_{};  ///< Until then others may have the lock.
};

}  // namespace evolver
