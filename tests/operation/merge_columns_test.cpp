#include "evolver/operation/merge_columns.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/merge_columns");

namespace {

CreateTable people() {
    return {.table = "people",
            .columns = {{.name = "id", .type = integer(), .primary_key = true},
                        {.name = "first", .type = text()},
                        {.name = "last", .type = text()}}};
}

MergeColumns merge() {
    return {.table = "people",
            .from = {"first", "last"},
            .to = "name",
            .type = text(),
            .up = "last || ', ' || first",
            .down = {"substr(name, instr(name, ', ') + 2)", "substr(name, 1, instr(name, ', ') - 1)"}};
}

}  // namespace

TEST_CASE("MergeColumns: several columns become one, golden") {
    check({.golden = "merge_columns",
           .before = {people(), CreateIndex{.name = "by_name", .table = "people", .columns = {"last", "first"}}},
           .rows = "INSERT INTO people VALUES (1, 'Ann', 'Lee'), (2, NULL, 'Team')",
           .operation = merge(),
           .look = "SELECT * FROM people",
           .expected = "1|'Lee, Ann'; 2|NULL"});
}

TEST_CASE("MergeColumns: what cannot be meant is refused") {
    auto const with = [](auto const& edit) {
        auto operation = merge();
        edit(operation);
        return refusal({people()}, operation);
    };
    CHECK(with([](MergeColumns&) {}) == "");
    CHECK(missing(with([](MergeColumns& o) { o.from.pop_back(); }), {"at least two columns", "use ChangeType"}) == "");
    CHECK(missing(with([](MergeColumns& o) { o.down.pop_back(); }), {"`down` has 1 expressions for 2 old columns"}) ==
          "");
    CHECK(missing(with([](MergeColumns& o) { o.up = "id || first"; }), {"`up` reads the column \"id\""}) == "");
    CHECK(missing(with([](MergeColumns& o) { o.to = "LAST"; }), {"has a column \"LAST\" already"}) == "");
}

TEST_SUITE_END();
