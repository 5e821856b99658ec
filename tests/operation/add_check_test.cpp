#include "evolver/operation/add_check.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/add_check");

TEST_CASE("AddCheck: the table is held to the condition from contract on, golden") {
    check({.golden = "add_check",
           .before = {packages()},
           .rows = package_rows,
           .operation = AddCheck{.table = "packages", .name = "named", .condition = "length(name) > 0"},
           .look = "SELECT sql LIKE '%CONSTRAINT \"named\" CHECK (length(name) > 0)%' FROM sqlite_schema WHERE name = "
                   "'packages'",
           .expected = "1"});
    check(
        {.golden = {},
         .before = {awkward()},
         .rows = awkward_rows,
         .operation = AddCheck{.table = "Order \"2\"", .name = "it's", .condition = "\"Größe in B\" <> 'x' -- never"}});
}

TEST_CASE("AddCheck: what cannot be meant is refused") {
    auto table = packages();
    table.checks = {{.name = "sized", .condition = "size <> ''"}};
    auto const with = [&](AddCheck const& operation) { return refusal({table}, operation); };
    CHECK(missing(with({.table = "packages", .name = "SIZED", .condition = "size > 0"}),
                  {"AddCheck packages.SIZED", "has a constraint \"SIZED\" already"}) == "");
    CHECK(missing(with({.table = "packages", .name = "n", .condition = "1 = 1"}), {"reads no column"}) == "");
    CHECK(missing(with({.table = "packages", .name = "n", .condition = "size > 0", .clean = {{"sice", "1"}}}),
                  {"did you mean \"size\"?"}) == "");
}

TEST_SUITE_END();
