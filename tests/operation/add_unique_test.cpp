#include "evolver/operation/add_unique.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/add_unique");

TEST_CASE("AddUnique: an index that is made anew as a unique one at contract, golden") {
    check({.golden = "add_unique",
           .before = {packages()},
           .rows = package_rows,
           .operation = AddUnique{.table = "packages", .name = "one_of_a_name", .columns = {"name", "size"}},
           .look = "SELECT \"unique\" FROM pragma_index_list('packages')",
           .expected = "1"});
    check({.golden = {},
           .before = {awkward()},
           .rows = awkward_rows,
           .operation = AddUnique{.table = "Order \"2\"", .name = "it's", .columns = {"it's"}}});
}

TEST_CASE("AddUnique: what cannot be meant is refused") {
    std::vector<Operation> const before{packages(),
                                        CreateIndex{.name = "by_name", .table = "packages", .columns = {"name"}}};
    auto const with = [&](AddUnique const& operation) { return refusal(before, operation); };
    CHECK(missing(with({.table = "packages", .name = "by_name", .columns = {"name"}}),
                  {"there is an index \"by_name\" already"}) == "");
    CHECK(missing(with({.table = "packages", .name = "i", .columns = {}}), {"names no column"}) == "");
    CHECK(missing(with({.table = "packages", .name = "i", .columns = {"nam"}}), {"did you mean \"name\"?"}) == "");
}

TEST_SUITE_END();
