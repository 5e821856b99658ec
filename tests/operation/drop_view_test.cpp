#include "evolver/operation/drop_view.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/drop_view");

TEST_CASE("DropView: the view goes at contract, golden") {
    check({.golden = "drop_view",
           .before = {packages(), CreateView{.name = "names", .query = "SELECT name FROM packages"}},
           .rows = package_rows,
           .operation = DropView{.name = "names"},
           .look = "SELECT count(*) FROM sqlite_schema WHERE type = 'view'",
           .expected = "0"});
    CHECK(missing(refusal({packages()}, DropView{.name = "names"}), {"no view \"names\""}) == "");
}

TEST_SUITE_END();
