#include "evolver/observe/event_lines.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace evolver;

namespace {

std::chrono::system_clock::time_point then() {
    return std::chrono::system_clock::time_point{std::chrono::milliseconds{1'764'382'477'123}};
}

template <class Observer>
std::string lines(Event const& event) {
    std::string text;
    Observer observer{[&](std::string_view part) { text += part; }, then};
    observer.on(event);
    return text;
}

}  // namespace

TEST_SUITE("observe/event_lines") {
    TEST_CASE("event lines: an event is one JSON object, with its time first and without what says nothing") {
        CHECK(lines<JsonLines>({.kind = EventKind::batch,
                                .migration = "0002-size",
                                .object = "packages",
                                .done = 2000,
                                .total = 8000,
                                .duration = std::chrono::microseconds{7900}}) ==
              "{\"at\":\"2025-11-29T02:14:37.123Z\",\"event\":\"batch\",\"migration\":\"0002-size\",\"object\":"
              "\"packages\",\"done\":2000,"
              "\"total\":8000,\"microseconds\":7900}\n");
        CHECK(lines<JsonLines>({.kind = EventKind::warning, .message = "the view \"v\"\nreads it"}) ==
              "{\"at\":\"2025-11-29T02:14:37.123Z\",\"event\":\"warning\",\"message\":\"the view \\\"v\\\"\\nreads "
              "it\"}\n");
    }

    TEST_CASE("event lines: a line of a log is one line, with a level") {
        CHECK(lines<LogLines>({.kind = EventKind::expanded, .migration = "0002-size"}) ==
              "2025-11-29T02:14:37.123Z info 0002-size: expanded\n");
        CHECK(lines<LogLines>({.kind = EventKind::waiting, .message = "for the\nlock"}) ==
              "2025-11-29T02:14:37.123Z warn waiting: for the lock\n");
        CHECK(lines<LogLines>({.kind = EventKind::batch, .migration = "m", .object = "t", .done = 1, .total = 2}) ==
              "2025-11-29T02:14:37.123Z debug m: filling t, 50 %, 1 rows\n");
    }
}
