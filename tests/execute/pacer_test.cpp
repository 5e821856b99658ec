#include "execute/pacer.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("execute/pacer");

// Least times only: a slow machine makes the pauses longer.
TEST_CASE("pacer: after each lock others have it for half as long, however long it was held") {
    for (std::chrono::microseconds const held : {4'000us, 8'000us, 100'000us}) {
        CAPTURE(held.count());
        Pacer pacer;
        auto const unlocked = Pacer::Clock::now();
        pacer.rest_after(held);
        CHECK(pacer.rested(10s));
        CHECK(Pacer::Clock::now() - unlocked >= held / 2);
    }
}

TEST_SUITE_END();
