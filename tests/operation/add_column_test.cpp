#include "evolver/operation/add_column.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/add_column");

TEST_CASE("AddColumn: the rows that are there get the default, and old inserts go on, golden") {
    check({.golden = "add_column",
           .before = {packages()},
           .rows = package_rows,
           .operation =
               AddColumn{.table = "packages",
                         .column = {.name = "priority", .type = integer(), .nullable = false, .default_value = "7"}},
           .look = "SELECT DISTINCT priority, typeof(priority) FROM packages",
           .expected = "7|'integer'"});
}

TEST_CASE("AddColumn: columns of any kind and name work") {
    auto const column = [](Column const& added) {
        CAPTURE(added.name.text());
        check({.golden = {},
               .before = {awkward()},
               .rows = awkward_rows,
               .operation = AddColumn{.table = "order \"2\"", .column = added}});
    };
    column({.name = "Table", .type = text(), .collation = "NOCASE"});
    column({.name = "née \"x\"", .type = declared("VARCHAR(40)"), .default_value = "'it''s'"});
    column({.name = "no type", .type = declared("")});
    column({.name = "half", .type = real(), .generated = "CAST(\"Größe in B\" AS REAL) / 2"});
    column({.name = "negative", .type = numeric("10,2"), .nullable = false, .default_value = "-1.5"});
    auto strict = packages();
    strict.strict = true;
    check({.golden = {},
           .before = {strict},
           .rows = package_rows,
           .operation = AddColumn{.table = "packages", .column = {.name = "n", .type = integer()}}});
}

TEST_CASE("AddColumn: what would fail for older releases is refused") {
    auto const add = [](Column const& column) {
        return refusal({packages()}, AddColumn{.table = "packages", .column = column});
    };
    CHECK(add({.name = "a", .type = text()}) == "");
    CHECK(missing(add({.name = "a", .type = text(), .nullable = false}),
                  {"AddColumn packages.a", "would make the inserts of older releases fail", ".default_value"}) == "");
    CHECK(missing(add({.name = "SIZE", .type = text()}), {"has a column \"SIZE\" already", "choose another name"}) ==
          "");
    CHECK(missing(add({.name = "a", .type = integer(), .primary_key = true}), {"a key column cannot be added"}) == "");
    CHECK(missing(refusal({packages()}, AddColumn{.table = "pakages", .column = {.name = "a", .type = text()}}),
                  {"AddColumn pakages.a", "there is no table \"pakages\"", "did you mean \"packages\"?"}) == "");
}

TEST_CASE(
    "AddColumn: a default that the engine cannot give to rows that are there is refused before anything is written") {
    Plan const plan{"p",
                    {Migration{.id = "0001", .release = "1.0", .operations = {packages()}},
                     Migration{.id = "0002",
                               .release = "2.0",
                               .operations = {AddColumn{.table = "packages",
                                                        .column = {.name = "at",
                                                                   .type = timestamp(),
                                                                   .nullable = false,
                                                                   .default_value = "CURRENT_TIMESTAMP"}}}}}};
    auto const database = sqlite::Connection::in_memory();
    Rollout rollout{plan, database};
    (void)rollout.expand();
    auto const before = rollout.canonical();
    CHECK_THROWS_WITH_AS(
        (void)rollout.expand(),
        doctest::Contains("Column packages.at has the default CURRENT_TIMESTAMP, which is no constant"), PlanError);
    CHECK(rollout.canonical() == before);
}

TEST_SUITE_END();
