#include "execute/pacer.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace evolver;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("execute/pacer");

namespace {

/// When somebody looks for the lock who came at `came` and waits in SQLite's own way, for the first time from `unlocked` on.
std::chrono::microseconds first_look(std::chrono::microseconds came, std::chrono::microseconds unlocked) {
    auto look = came;
    auto const sleeps = {1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50};
    for (auto const* sleep = sleeps.begin(); look < unlocked; ++sleep)
        look += std::chrono::milliseconds{sleep < sleeps.end() ? *sleep : 100};
    return look;
}

}  // namespace

TEST_CASE("pacer: whoever came while the lock was held looks for it again within the pause") {
    for (auto held = 100us; held < 600ms; held += held < 20ms ? 100us : 3700us) {
        CAPTURE(held.count());
        auto const over = held + pause_after(held);
        auto last = 0us;
        for (auto came = 0us; came < held; came += 50us) last = std::max(last, first_look(came, held));
        CHECK(last < over);
    }
}

// Least times only: a slow machine makes the pauses longer.
TEST_CASE("pacer: after each lock others have it for half as long, however long it was held") {
    for (std::chrono::microseconds const held : {4'000us, 8'000us, 100'000us}) {
        CAPTURE(held.count());
        CHECK(pause_after(held) >= held / 2);
        Pacer pacer;
        auto const unlocked = Pacer::Clock::now();
        pacer.rest_after(held);
        CHECK(pacer.rested(10s));
        CHECK(Pacer::Clock::now() - unlocked >= pause_after(held));
    }
}

TEST_SUITE_END();
