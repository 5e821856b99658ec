#include "execute/pacer.hpp"

#include <algorithm>
#include <array>
#include <thread>

namespace evolver {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// Between two looks of SQLite's own busy handler; the last one is repeated.
constexpr std::array sleeps{milliseconds{1},  milliseconds{2},  milliseconds{5},  milliseconds{10},
                            milliseconds{15}, milliseconds{20}, milliseconds{25}, milliseconds{25},
                            milliseconds{25}, milliseconds{50}, milliseconds{50}, milliseconds{100}};

/// The longest that anybody sleeps on who came while the lock was held.
microseconds longest_sleep_after(microseconds held) {
    microseconds looked{0};  // by whoever came as the lock was taken: nobody is further on than he
    for (auto const sleep : sleeps) {
        looked += sleep;
        if (looked >= held) return sleep;
    }
    return sleeps.back();
}

}  // namespace

microseconds pause_after(microseconds held) {
    auto const sleep = longest_sleep_after(held);
    return std::max<microseconds>(held / 2, sleep + sleep / 5);  // on a busy machine a sleep ends late
}

/// From one call to the next, too: a loop that does nothing but advance() would hold the lock nearly all the time.
bool Pacer::rested(microseconds left) const {
    auto const now = Clock::now();
    if (now >= rest_until_) return true;
    std::this_thread::sleep_until(std::min(rest_until_, now + left));
    return Clock::now() >= rest_until_;
}

void Pacer::rest_after(microseconds held) { rest_until_ = Clock::now() + pause_after(held); }

void Pacer::rest_until(Clock::time_point time) { rest_until_ = std::max(rest_until_, time); }

}  // namespace evolver
