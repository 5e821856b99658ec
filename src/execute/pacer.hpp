#pragma once

// When the next batch may take the lock, so that everybody else gets it, too.

#include <chrono>

namespace evolver {

enum class Pace {
    polite,      ///< Pauses of half the time that the lock was held: two thirds of the time at most.
    full_speed,  ///< Nobody else is there to wait.
};

class Pacer {
public:
    using Clock = std::chrono::steady_clock;

    /// Waits as long as others are to have the lock, but no longer than `left`. False: they are to have it still.
    [[nodiscard]] bool rested(std::chrono::microseconds left) const;
    /// The same before what holds the lock for long: no stretch of batches may lead up to it.
    [[nodiscard]] bool rested_before_long_lock(std::chrono::microseconds left);
    void rest_after(std::chrono::microseconds held);
    /// Not before `time`, for another reason.
    void rest_until(Clock::time_point time);

private:
    Clock::time_point rest_until_{};  ///< Until then others may have the lock.
    Clock::time_point last_lock_{};   ///< When it was given back.
    Clock::time_point stretch_{};     ///< Since then there was no rest that everybody notices.
};

}  // namespace evolver
