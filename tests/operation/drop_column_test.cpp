#include "evolver/operation/drop_column.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/drop_column");

TEST_CASE("DropColumn: old programs keep the column until contract, which takes its indexes, too, golden") {
    check({.golden = "drop_column",
           .before = {packages(), CreateIndex{.name = "by_size", .table = "packages", .columns = {"size"}},
                      CreateIndex{.name = "by_name", .table = "packages", .columns = {"name"}}},
           .rows = package_rows,
           .operation = DropColumn{.table = "packages", .column = "Size"},
           .look = "SELECT group_concat(name) FROM pragma_table_info('packages')",
           .expected = "'id,name,section'"});
    check({.golden = {},
           .before = {awkward()},
           .rows = awkward_rows,
           .operation = DropColumn{.table = "Order \"2\"", .column = "it's"}});
    check({.golden = {},
           .before = {awkward()},
           .rows = awkward_rows,
           .operation = DropColumn{.table = "Order \"2\"", .column = "SELECT"}});
}

TEST_CASE("DropColumn: a column that the new release's inserts would lack needs a `down`") {
    CHECK(missing(refusal({packages()}, DropColumn{.table = "packages", .column = "name"}),
                  {"DropColumn packages.name", "NOT NULL without a default", ".down = \"''\""}) == "");
    CHECK(refusal({packages()}, DropColumn{.table = "packages", .column = "name", .down = "''"}) == "");
    CHECK(refusal({packages()}, DropColumn{.table = "packages", .column = "section"}) == "");
}

TEST_CASE("DropColumn: a column that something holds fast is refused, and the message names what") {
    auto const held_by = [](auto const& edit, std::vector<Operation> more = {}) {
        auto table = packages();
        edit(table);
        std::vector<Operation> before{table};
        before.insert(before.end(), more.begin(), more.end());
        return refusal(before, DropColumn{.table = "packages", .column = "size"});
    };
    CHECK(held_by([](CreateTable&) {}) == "");
    CHECK(missing(held_by([](CreateTable& table) {
                      table.unique_keys = {{.columns = {"name", "SIZE"}}};
                  }),
                  {"column \"size\" is part of a UNIQUE constraint", "keep the column"}) == "");
    CHECK(missing(held_by([](CreateTable& table) { table.checks = {{.condition = "length(\"size\") < 20"}}; }),
                  {"a CHECK constraint"}) == "");
    CHECK(held_by([](CreateTable& table) { table.checks = {{.condition = "name <> 'size'"}}; }) == "");
    CHECK(
        missing(held_by([](CreateTable& table) { table.foreign_keys = {{.columns = {"size"}, .table = "packages"}}; }),
                {"a foreign key"}) == "");
    CHECK(missing(held_by([](CreateTable& table) {
                      table.columns.push_back({.name = "n", .type = integer(), .generated = "CAST(size AS INTEGER)"});
                  }),
                  {"the generated column \"n\""}) == "");
    CHECK(missing(held_by([](CreateTable& table) {
                      table.columns[0].primary_key = false;
                      table.primary_key = {"id", "size"};
                  }),
                  {"the primary key"}) == "");
    CreateTable const files{.table = "files",
                            .columns = {{.name = "s", .type = text()}},
                            .foreign_keys = {{.columns = {"s"}, .table = "packages", .referenced = {"size"}}}};
    CHECK(missing(held_by([](CreateTable&) {}, {files}), {"what table \"files\" refers to by a foreign key"}) == "");
}

TEST_CASE("DropColumn: unknown names and the last column are refused") {
    CHECK(missing(refusal({packages()}, DropColumn{.table = "packages", .column = "sise"}),
                  {"has no column \"sise\"", "did you mean \"size\"?"}) == "");
    CHECK(missing(refusal({packages()}, DropColumn{.table = "packages", .column = "maintainer"}),
                  {"there are: id, name, size, section"}) == "");
    CHECK(missing(refusal({CreateTable{.table = "t", .columns = {{.name = "a", .type = text()}}}},
                          DropColumn{.table = "t", .column = "a"}),
                  {"only column of its table", "use DropTable"}) == "");
}

TEST_SUITE_END();
