#include "evolver/operation/drop_table.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/drop_table");

TEST_CASE("DropTable: nothing changes before contract, golden") {
    auto other = packages();
    other.table = "keeps";
    check({.golden = "drop_table",
           .before = {packages(), other},
           .rows = package_rows,
           .operation = DropTable{.table = "Packages"},
           .look = "SELECT group_concat(name) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'evolver%'",
           .expected = "'keeps'"});
    check({.golden = {}, .before = {awkward()}, .rows = awkward_rows, .operation = DropTable{.table = "Order \"2\""}});
}

TEST_CASE("DropTable: its indexes go with it, and the name is free for a later table") {
    Schema schema;
    (void)effect_of(Operation{packages()}, schema);
    (void)effect_of(Operation{CreateIndex{.name = "by_name", .table = "packages", .columns = {"name"}}}, schema);
    (void)effect_of(Operation{DropTable{.table = "packages"}}, schema);
    CHECK(schema.tables.empty());
    CHECK(schema.indexes.empty());
}

TEST_CASE("DropTable: an unknown table, and one that another refers to, are refused") {
    CHECK(missing(refusal({packages()}, DropTable{.table = "package"}),
                  {"DropTable package", "there is no table \"package\"", "did you mean \"packages\"?"}) == "");
    CHECK(missing(refusal({}, DropTable{.table = "package"}), {"there is no table \"package\""}) == "");
    CreateTable const files{.table = "files",
                            .columns = {{.name = "package", .type = integer()}},
                            .foreign_keys = {{.columns = {"package"}, .table = "PACKAGES"}}};
    CHECK(missing(refusal({packages(), files}, DropTable{.table = "packages"}),
                  {"table \"files\" refers to it by a foreign key", "drop that table or its foreign key first"}) == "");
    CreateTable const tree{
        .table = "tree",
        .columns = {{.name = "id", .type = integer(), .primary_key = true}, {.name = "up", .type = integer()}},
        .foreign_keys = {{.columns = {"up"}, .table = "tree"}}};
    CHECK(refusal({tree}, DropTable{.table = "tree"}) == "");
}

TEST_SUITE_END();
