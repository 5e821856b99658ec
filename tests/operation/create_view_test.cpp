#include "evolver/operation/create_view.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/create_view");

TEST_CASE("CreateView: the view is there after expand and gone after rollback, golden") {
    check({.golden = "create_view",
           .before = {packages()},
           .rows = package_rows,
           .operation = CreateView{.name = "small \"ones\"", .query = "SELECT name FROM packages WHERE size < 100"},
           .look = "SELECT count(*) FROM sqlite_schema WHERE type = 'view'",
           .expected = "1"});
    CHECK(missing(refusal({packages()}, CreateView{.name = "Packages", .query = "SELECT 1"}),
                  {"there is a table \"Packages\" already"}) == "");
}

TEST_SUITE_END();
