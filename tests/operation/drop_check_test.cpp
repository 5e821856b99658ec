#include "evolver/operation/drop_check.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/drop_check");

namespace {

CreateTable checked() {
    auto table = packages();
    table.checks = {{.name = "sized", .condition = "size <> ''"}, {.condition = "length(name) > 0"}};
    return table;
}

}  // namespace

TEST_CASE("DropCheck: the check goes at contract, golden") {
    check({.golden = "drop_check",
           .before = {checked()},
           .rows = package_rows,
           .operation = DropCheck{.table = "packages", .name = "Sized"},
           .look =
               "SELECT sql LIKE '%sized%' OR sql NOT LIKE '%length(name)%' FROM sqlite_schema WHERE name = 'packages'",
           .expected = "0"});
    check({.golden = {},
           .before = {checked()},
           .rows = package_rows,
           .operation = DropCheck{.table = "packages", .condition = "LENGTH( name )>0"},
           .look =
               "SELECT sql LIKE '%length(name)%' OR sql NOT LIKE '%sized%' FROM sqlite_schema WHERE name = 'packages'",
           .expected = "0"});
}

TEST_CASE("DropCheck: what cannot be meant is refused") {
    auto const with = [](DropCheck const& operation) { return refusal({checked()}, operation); };
    CHECK(missing(with({.table = "packages", .name = "size"}),
                  {"no such check", "there are: sized, CHECK (length(name) > 0)"}) == "");
    CHECK(missing(with({.table = "packages"}), {"neither a name nor a condition"}) == "");
}

TEST_SUITE_END();
