#include "execute/pacer.hpp"

#include <algorithm>
#include <thread>

namespace evolver {

namespace {

/// Whoever waits for the lock in SQLite's own way looks for it 1, 3, 8, 18, 33, 53 ms after he came, and sleeps through short pauses: with
/// nothing but those, one in a thousand waits ends at 53 ms only, while the lock was free for a third of the time. So a stretch of batches
/// ends before the look at 33 ms, and the rest after it is longer than any sleep up to there, on a busy machine, too.
constexpr std::chrono::milliseconds longest_stretch{25};
constexpr std::chrono::milliseconds long_rest{28};
/// What held the lock for so long is a stretch of its own.
constexpr std::chrono::milliseconds long_lock{10};

}  // namespace

/// From one call to the next, too: a loop that does nothing but advance() would hold the lock nearly all the time.
bool Pacer::rested(std::chrono::microseconds left) const {
    auto const now = Clock::now();
    if (now >= rest_until_) return true;
    std::this_thread::sleep_until(std::min(rest_until_, now + left));
    return Clock::now() >= rest_until_;
}

/// An index is built under one lock: no stretch of batches may lead up to it.
bool Pacer::rested_before_long_lock(std::chrono::microseconds left) {
    if (last_lock_ - stretch_ > long_lock) rest_until_ = last_lock_ + long_rest;
    if (!rested(left)) return false;
    if (Clock::now() - last_lock_ >= long_rest) stretch_ = Clock::now();
    return true;
}

void Pacer::rest_after(std::chrono::microseconds held) {
    last_lock_ = Clock::now();
    if (rest_until_ + long_rest < last_lock_ - held) stretch_ = last_lock_ - held;  // the caller has rested
    bool const enough = last_lock_ - stretch_ >= longest_stretch || held > long_lock;
    std::chrono::microseconds const half = held / 2;
    rest_until_ = last_lock_ + (enough ? std::max<std::chrono::microseconds>(half, long_rest) : half);
    if (enough) stretch_ = rest_until_;
}

void Pacer::rest_until(Clock::time_point time) { rest_until_ = std::max(rest_until_, time); }

}  // namespace evolver
