#include "evolver/operation/create_table.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/create_table");

TEST_CASE("CreateTable: makes the table with all that it says, and undo takes it away, golden") {
    check({.golden = "create_table",
           .before = {packages()},
           .rows = package_rows,
           .operation =
               CreateTable{
                   .table = "files",
                   .columns = {{.name = "id", .type = integer(), .primary_key = true},
                               {.name = "package", .type = integer(), .nullable = false},
                               {.name = "path", .type = text(), .nullable = false, .collation = "NOCASE"},
                               {.name = "mode", .type = integer(), .nullable = false, .default_value = "420"},
                               {.name = "length", .type = integer(), .generated = "length(path)", .stored = true}},
                   .unique_keys = {{.name = "one_path", .columns = {"package", "path"}}},
                   .checks = {{.name = "a mode", .condition = "mode >= 0"}},
                   .foreign_keys = {{.columns = {"package"},
                                     .table = "packages",
                                     .referenced = {"id"},
                                     .on_delete = "CASCADE",
                                     .deferred = true}},
                   .autoincrement = true},
           .look = "SELECT count(*) FROM files",
           .expected = "0"});
}

TEST_CASE("CreateTable: every kind of table works") {
    check({.golden = {},
           .before = {packages()},
           .rows = package_rows,
           .operation = CreateTable{.table = "settings",
                                    .columns = {{.name = "scope", .type = text()},
                                                {.name = "key", .type = text()},
                                                {.name = "value", .type = integer()}},
                                    .primary_key = {"scope", "key"},
                                    .without_rowid = true,
                                    .strict = true}});
    auto names = awkward();
    names.table = "größer \"als\"";
    names.unique_keys = {{.name = "the 'one'", .columns = {"select", "it's"}}};
    check({.golden = {}, .before = {awkward()}, .rows = awkward_rows, .operation = names});
}

TEST_CASE("CreateTable: what cannot be meant is refused") {
    auto const with = [](auto const& edit) {
        CreateTable table = packages();
        table.table = "other";
        edit(table);
        return refusal({packages()}, table);
    };
    CHECK(with([](CreateTable&) {}) == "");
    CHECK(missing(with([](CreateTable& table) { table.table = "Packages"; }),
                  {"CreateTable Packages", "there is a table \"Packages\" already", "baseline"}) == "");
    CHECK(missing(with([](CreateTable& table) { table.columns.clear(); }),
                  {"CreateTable other", "at least one column"}) == "");
    CHECK(missing(with([](CreateTable& table) { table.columns.push_back({.name = "NAME", .type = text()}); }),
                  {"has a column \"NAME\" already"}) == "");
    CHECK(missing(with([](CreateTable& table) {
                      table.columns.push_back({.name = "key", .type = text(), .primary_key = true});
                  }),
                  {"two definitions of the primary key", ".primary_key = {\"a\", \"b\"}"}) == "");
    CHECK(missing(with([](CreateTable& table) { table.unique_keys = {{.columns = {"nmae"}}}; }),
                  {"has no column \"nmae\"", "did you mean \"name\"?"}) == "");
    CHECK(missing(with([](CreateTable& table) { table.foreign_keys = {{.columns = {"id"}, .table = "package"}}; }),
                  {"there is no table \"package\"", "did you mean \"packages\"?"}) == "");
    CHECK(missing(with([](CreateTable& table) {
                      table.foreign_keys = {{.columns = {"id"}, .table = "packages", .referenced = {"idd"}}};
                  }),
                  {"has no column \"idd\"", "did you mean \"id\"?"}) == "");
    CHECK(with([](CreateTable& table) {
              table.foreign_keys = {{.columns = {"id"}, .table = "other", .referenced = {"name"}}};
          }) == "");
    CHECK(missing(with([](CreateTable& table) {
                      table.columns[0].type = text();
                      table.autoincrement = true;
                  }),
                  {"autoincrement needs one key column of type integer()"}) == "");
    Schema with_view;
    with_view.views.push_back({.name = "other", .sql = "CREATE VIEW other AS SELECT 1"});
    CHECK_THROWS_AS(
        (void)effect_of(Operation{CreateTable{.table = "other", .columns = {{.name = "a", .type = text()}}}},
                        with_view),
        PlanError);
}

TEST_SUITE_END();
