#include "evolver/operation/replace_view.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/replace_view");

TEST_CASE("ReplaceView: the view shows the new query from contract on, golden") {
    check({.golden = "replace_view",
           .before = {packages(), CreateView{.name = "names", .query = "SELECT name FROM packages"}},
           .rows = package_rows,
           .operation = ReplaceView{.name = "NAMES", .query = "SELECT upper(name) AS name FROM packages"},
           .look = "SELECT name FROM names WHERE name = 'VIM'",
           .expected = "'VIM'"});
    CHECK(missing(refusal({packages()}, ReplaceView{.name = "names", .query = "SELECT 1"}), {"no view \"names\""}) ==
          "");
}

TEST_SUITE_END();
