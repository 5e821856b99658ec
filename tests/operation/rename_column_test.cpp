#include "evolver/operation/rename_column.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/rename_column");

TEST_CASE("RenameColumn: both names reach one value until contract makes the new one the only one, golden") {
    check({.golden = "rename_column",
           .before = {packages(), CreateIndex{.name = "by_name", .table = "packages", .columns = {"name"}}},
           .rows = package_rows,
           .operation = RenameColumn{.table = "packages", .from = "name", .to = "title"},
           .look = "SELECT title FROM packages WHERE title > 'c'",
           .expected = "'vim'; 'zsh'"});
}

TEST_CASE("RenameColumn: keys, constraints, generated columns, indexes and foreign keys follow") {
    auto parent = packages();
    parent.columns.push_back({.name = "shout", .type = text(), .generated = "upper(name)"});
    parent.unique_keys = {{.columns = {"name"}}};
    parent.checks = {{.name = "named", .condition = "name <> 'name'"}};
    CreateTable const files{.table = "files",
                            .columns = {{.name = "package", .type = text()}},
                            .foreign_keys = {{.columns = {"package"}, .table = "packages", .referenced = {"name"}}}};
    CreateIndex const index{.name = "by_lower",
                            .table = "packages",
                            .columns = {IndexPart{Expression{"lower(name)"}, false}},
                            .where = "name IS NOT NULL"};
    for (auto const* to : {"title", "group", "ein \"Name\""}) {
        CAPTURE(to);
        check({.golden = {},
               .before = {parent, files, index},
               .rows = package_rows,
               .operation = RenameColumn{.table = "packages", .from = "name", .to = to}});
    }
    check({.golden = {},
           .before = {parent, files, index},
           .rows = package_rows,
           .operation = RenameColumn{.table = "packages", .from = "id", .to = "number"}});
    check({.golden = {},
           .before = {awkward()},
           .rows = awkward_rows,
           .operation = RenameColumn{.table = "Order \"2\"", .from = "it's", .to = "values"}});
}

TEST_CASE(
    "RenameColumn: the virtual schema says of an expression what the engine makes of it, quoted where that is needed") {
    Schema schema;
    auto table = packages();
    table.checks = {{.condition = "name <> 'name' AND length(name) < 9"}};
    (void)effect_of(Operation{table}, schema);
    (void)effect_of(Operation{RenameColumn{.table = "packages", .from = "name", .to = "order"}}, schema);
    CHECK(schema.tables.front().checks.front().condition.text(Engine::sqlite) ==
          R"("order" <> 'name' AND length("order") < 9)");
}

TEST_CASE("RenameColumn: unknown and taken names are refused") {
    CHECK(missing(refusal({packages()}, RenameColumn{.table = "packages", .from = "nane", .to = "title"}),
                  {"RenameColumn packages.nane", "has no column \"nane\"", "did you mean \"name\"?"}) == "");
    CHECK(missing(refusal({packages()}, RenameColumn{.table = "packages", .from = "name", .to = "size"}),
                  {"has a column \"size\" already"}) == "");
    CHECK(missing(refusal({packages()}, RenameColumn{.table = "files", .from = "name", .to = "size"}),
                  {"there is no table \"files\"", "packages"}) == "");
}

TEST_SUITE_END();
