#include "evolver/operation/set_default.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/set_default");

TEST_CASE("SetDefault: the table has the default from contract on, golden") {
    check({.golden = "set_default",
           .before = {packages()},
           .rows = package_rows,
           .operation = SetDefault{.table = "packages", .column = "size", .value = "7"},
           .look = "SELECT dflt_value FROM pragma_table_info('packages') WHERE name = 'size'",
           .expected = "'7'"});
    check({.golden = {},
           .before = {packages()},
           .rows = package_rows,
           .operation = SetDefault{.table = "packages", .column = "section", .value = "lower('CONTRIB') -- else"},
           .look = "SELECT count(*) FROM packages",
           .expected = "3"});
}

TEST_CASE("SetDefault: what cannot be meant is refused") {
    auto const with = [](SetDefault const& operation) { return refusal({packages()}, operation); };
    CHECK(missing(with({.table = "packages", .column = "section", .value = "'main'"}), {"has that default already"}) ==
          "");
    CHECK(missing(with({.table = "packages", .column = "size", .value = "name"}), {"reads the column \"name\""}) == "");
    CHECK(missing(with({.table = "packages", .column = "sizes", .value = "0"}), {"did you mean \"size\"?"}) == "");
}

TEST_SUITE_END();
