#include "evolver/operation/set_not_null.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/set_not_null");

TEST_CASE("SetNotNull: NOT NULL comes at contract, golden") {
    check({.golden = "set_not_null",
           .before = {packages()},
           .rows = "INSERT INTO packages (id, name, size) VALUES (1, 'bash', '1500'), (2, 'vim', '')",
           .operation = SetNotNull{.table = "packages", .column = "Size"},
           .look = "SELECT \"notnull\" FROM pragma_table_info('packages') WHERE name = 'size'",
           .expected = "1"});
    check({.golden = {},
           .before = {awkward()},
           .rows = R"(INSERT INTO "Order ""2""" VALUES (1, 'a', '5', 'x'))",
           .operation = SetNotNull{.table = "Order \"2\"", .column = "Größe in B"}});
}

TEST_CASE("SetNotNull: what cannot be meant is refused") {
    auto const with = [](SetNotNull const& operation) { return refusal({packages()}, operation); };
    CHECK(with({.table = "packages", .column = "size", .clean = "''"}) == "");
    CHECK(missing(with({.table = "packages", .column = "name"}), {"SetNotNull packages.name", "NOT NULL already"}) ==
          "");
    CHECK(missing(with({.table = "packages", .column = "sise"}), {"did you mean \"size\"?"}) == "");
    CHECK(missing(with({.table = "packages", .column = "size", .clean = "''", .violators = Violators::quarantine}),
                  {"both say", "leave one"}) == "");
}

TEST_SUITE_END();
