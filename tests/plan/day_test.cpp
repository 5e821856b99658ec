#include "evolver/plan/day.hpp"

#include "evolver/evolver.hpp"

#include <doctest/doctest.h>

using namespace evolver;

TEST_SUITE_BEGIN("plan/day");

TEST_CASE("day: it begins at midnight UTC") {
    CHECK(seconds_of_day("1970-01-01") == 0);
    CHECK(seconds_of_day("2026-11-28") == 1'795'824'000);
    CHECK(seconds_of_day("2024-02-29").has_value());
}

TEST_CASE("day: what is none of the calendar is none") {
    for (auto const* text : {"", "2026-11-8", "2026-13-01", "2026-02-29", "2026/11/28", "20261128", "2026-11-28 ",
                             "-026-11-28", "2026-11-2x"})
        CHECK_MESSAGE(!seconds_of_day(text).has_value(), text);
}

TEST_CASE("plan: a contract policy that cannot be kept is refused, with what to write") {
    auto const plan = [](ContractPolicy policy) {
        return Plan{"app",
                    {Migration{.id = "0001",
                               .release = "1.0",
                               .operations = {DropTable{.table = "t"}},
                               .contract = std::move(policy)}}};
    };
    CHECK_THROWS_WITH_AS(plan({.remove_after = "soon"}), doctest::Contains("not to be contracted before \"soon\""),
                         PlanError);
    CHECK_THROWS_WITH_AS(plan({.readers = {"a", "a"}}), doctest::Contains("names the reader \"a\" twice"), PlanError);
    CHECK_THROWS_WITH_AS(plan({.readers = {""}}), doctest::Contains("without a name"), PlanError);
    CHECK_THROWS_WITH_AS(plan({.backup_within = std::chrono::hours{-1}}), doctest::Contains("negative"), PlanError);
    CHECK_THROWS_WITH_AS(plan({.window = MaintenanceWindow{.unavailable = "",
                                                           .from = std::chrono::hours{2},
                                                           .until = std::chrono::hours{25}}}),
                         doctest::Contains("maintenance window"), PlanError);
    CHECK(plan({}).digest() == plan({.remove_after = "2027-01-01", .readers = {"a"}}).digest());
}

TEST_SUITE_END();
