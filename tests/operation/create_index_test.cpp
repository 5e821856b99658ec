#include "evolver/operation/create_index.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/create_index");

TEST_CASE("CreateIndex: is there after expand, and gone after undo, golden") {
    check({.golden = "create_index",
           .before = {packages()},
           .rows = package_rows,
           .operation = CreateIndex{.name = "by_name",
                                    .table = "packages",
                                    .columns = {IndexPart{Expression{"name"}, true, Order::descending, "NOCASE"},
                                                IndexPart{Expression{"length(size)"}, false}},
                                    .unique = true,
                                    .where = "section <> 'contrib'"}});
    check({.golden = {},
           .before = {awkward()},
           .rows = awkward_rows,
           .operation = CreateIndex{.name = "in\"dex", .table = "order \"2\"", .columns = {"Select", "it's"}}});
}

TEST_CASE("CreateIndex: unknown and taken names are refused") {
    CreateIndex const first{.name = "by_name", .table = "packages", .columns = {"name"}};
    CHECK(
        missing(refusal({packages(), first}, CreateIndex{.name = "BY_NAME", .table = "packages", .columns = {"size"}}),
                {"CreateIndex BY_NAME", "there is an index \"BY_NAME\" already, on table \"packages\""}) == "");
    CHECK(missing(refusal({packages()}, CreateIndex{.name = "i", .table = "packages", .columns = {}}),
                  {"at least one column"}) == "");
    CHECK(missing(refusal({packages()}, CreateIndex{.name = "i", .table = "packages", .columns = {"sise"}}),
                  {"did you mean \"size\"?"}) == "");
    CHECK(missing(refusal({packages()}, CreateIndex{.name = "i", .table = "pack", .columns = {"size"}}),
                  {"there is no table \"pack\""}) == "");
}

TEST_CASE("CreateIndex: an expression with an unknown column is refused by the engine, before anything is written") {
    Plan const plan{
        "p",
        {Migration{.id = "0001", .release = "1.0", .operations = {packages()}},
         Migration{.id = "0002",
                   .release = "2.0",
                   .operations = {CreateIndex{
                       .name = "i", .table = "packages", .columns = {IndexPart{Expression{"lower(nmae)"}, false}}}}}}};
    auto const database = sqlite::Connection::in_memory();
    Rollout rollout{plan, database};
    (void)rollout.expand();
    CHECK_THROWS_WITH_AS((void)rollout.expand(), doctest::Contains("no such column: nmae"), PlanError);
}

TEST_SUITE_END();
