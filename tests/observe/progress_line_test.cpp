#include "evolver/observe/progress_line.hpp"

#include "support/golden.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace evolver;

namespace {

std::vector<Event> const events{
    {.kind = EventKind::step, .migration = "0002-size", .object = "add column packages.size_bytes"},
    {.kind = EventKind::expanded, .migration = "0002-size"},
    {.kind = EventKind::filled, .migration = "0002-size", .done = 60123},
    {.kind = EventKind::reconciled, .migration = "0002-size", .done = 60123},
    {.kind = EventKind::switched, .migration = "0002-size"},
    {.kind = EventKind::completed, .migration = "0002-size"},
    {.kind = EventKind::stepped_back, .migration = "0002-size", .message = "reports are slow"},
    {.kind = EventKind::contracted, .migration = "0002-size"},
    {.kind = EventKind::rolled_back, .migration = "0002-size"},
    {.kind = EventKind::warning, .message = "the view v reads packages.size, which contract removes"},
};

std::string shown(ProgressStyle style, std::vector<Event> const& all) {
    std::string text;
    ProgressLine line{[&](std::string_view part) { text += part; }, style};
    for (auto const& event : all) line.on(event);
    return text;
}

Event batch(std::int64_t done, std::int64_t total) {
    return {.kind = EventKind::batch, .migration = "0002-size", .object = "packages", .done = done, .total = total};
}

}  // namespace

TEST_SUITE("observe/progress_line") {
    TEST_CASE("a log gets a whole line per event (golden)") {
        auto const text = shown(ProgressStyle::lines, events);
        CHECK(text == support::golden("observe/lines.txt", text));
    }

    TEST_CASE("a terminal gets lines that begin with a carriage return and end what is final (golden)") {
        auto const text = shown(ProgressStyle::rewritten, events);
        CHECK(text == support::golden("observe/rewritten.txt", text));
    }

    TEST_CASE("progress shows its share where the total is known, and never more than all of it") {
        CHECK(shown(ProgressStyle::lines, {batch(500, 2000)}) == "0002-size: filling packages, 25 %, 500 rows\n");
        CHECK(shown(ProgressStyle::lines, {batch(2500, 2000)}) == "0002-size: filling packages, 100 %, 2500 rows\n");
        CHECK(shown(ProgressStyle::lines, {batch(500, 0)}) == "0002-size: filling packages, 500 rows\n");
        CHECK(shown(ProgressStyle::lines, {{.kind = EventKind::waiting, .message = "somebody holds the lock"}}) ==
              "waiting: somebody holds the lock\n");
    }

    TEST_CASE("of many events of the same work few are shown, and what is final always") {
        std::vector<Event> many(1000, batch(1, 1000));
        many.push_back({.kind = EventKind::filled, .migration = "0002-size", .done = 1000});
        auto const text = shown(ProgressStyle::lines, many);
        CHECK(text == "0002-size: filling packages, 0 %, 1 rows\n0002-size: filled, 1000 rows\n");
    }

    TEST_CASE("a shorter line wipes out the rest of a longer one") {
        auto const text = shown(ProgressStyle::rewritten,
                                {batch(500, 2000), {.kind = EventKind::filled, .migration = "m", .done = 5}});
        std::string const first = "\r0002-size: filling packages, 25 %, 500 rows";
        std::string const second = "\rm: filled, 5 rows";
        REQUIRE(text.size() == first.size() * 2 + 1);
        CHECK(text == first + second + std::string(first.size() - second.size(), ' ') + "\n");
    }
}
