#include "evolver/operation/drop_index.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/drop_index");

TEST_CASE("DropIndex: the index goes at contract, golden") {
    check({.golden = "drop_index",
           .before = {packages(), CreateIndex{.name = "by_name", .table = "packages", .columns = {"name"}}},
           .rows = package_rows,
           .operation = DropIndex{.name = "BY_NAME"},
           .look = "SELECT count(*) FROM pragma_index_list('packages')",
           .expected = "0"});
    CHECK(missing(refusal({packages()}, DropIndex{.name = "by_name"}), {"no index \"by_name\""}) == "");
}

TEST_SUITE_END();
