#include "evolver/operation/drop_default.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/drop_default");

TEST_CASE("DropDefault: the default goes at contract, golden") {
    auto table = packages();
    table.columns[3].nullable = true;
    check({.golden = "drop_default",
           .before = {table},
           .rows = package_rows,
           .operation = DropDefault{.table = "packages", .column = "section"},
           .look = "SELECT dflt_value FROM pragma_table_info('packages') WHERE name = 'section'",
           .expected = "NULL"});
}

TEST_CASE("DropDefault: what cannot be meant is refused") {
    auto const with = [](DropDefault const& operation) { return refusal({packages()}, operation); };
    CHECK(missing(with({.table = "packages", .column = "size"}), {"has no default"}) == "");
    CHECK(missing(with({.table = "packages", .column = "section"}), {"the column is NOT NULL", "DropNotNull"}) == "");
}

TEST_SUITE_END();
