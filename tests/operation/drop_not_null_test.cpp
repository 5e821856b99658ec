#include "evolver/operation/drop_not_null.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/drop_not_null");

TEST_CASE("DropNotNull: the column accepts NULL from contract on, golden") {
    check({.golden = "drop_not_null",
           .before = {packages()},
           .rows = package_rows,
           .operation = DropNotNull{.table = "packages", .column = "NAME"},
           .look = "SELECT \"notnull\" FROM pragma_table_info('packages') WHERE name = 'name'",
           .expected = "0"});
}

TEST_CASE("DropNotNull: what cannot be meant is refused") {
    auto const with = [](DropNotNull const& operation) { return refusal({packages()}, operation); };
    CHECK(missing(with({.table = "packages", .column = "size"}), {"accepts NULL already"}) == "");
    CHECK(missing(with({.table = "packages", .column = "id"}), {"part of the primary key"}) == "");
    CHECK(missing(with({.table = "package", .column = "id"}), {"did you mean \"packages\"?"}) == "");
}

TEST_SUITE_END();
