#include "evolver/operation/add_column.hpp"

#include "evolver/dialect/access_error.hpp"
#include "support/application.hpp"
#include "support/raw_sqlite.hpp"
#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/add_column");

TEST_CASE("AddColumn: the rows that are there get the default, and old inserts go on, golden") {
    check({.golden = "add_column",
           .before = {packages()},
           .rows = package_rows,
           .operation =
               AddColumn{.table = "packages",
                         .column = {.name = "priority", .type = integer(), .nullable = false, .default_value = "7"}},
           .look = "SELECT DISTINCT priority, typeof(priority) FROM packages",
           .expected = "7|'integer'"});
}

TEST_CASE("AddColumn: columns of any kind and name work") {
    auto const column = [](Column const& added) {
        CAPTURE(added.name.text());
        check({.golden = {},
               .before = {awkward()},
               .rows = awkward_rows,
               .operation = AddColumn{.table = "order \"2\"", .column = added}});
    };
    column({.name = "Table", .type = text(), .collation = "NOCASE"});
    column({.name = "née \"x\"", .type = declared("VARCHAR(40)"), .default_value = "'it''s'"});
    column({.name = "no type", .type = declared("")});
    column({.name = "half", .type = real(), .generated = "CAST(\"Größe in B\" AS REAL) / 2"});
    column({.name = "negative", .type = numeric("10,2"), .nullable = false, .default_value = "-1.5"});
    auto strict = packages();
    strict.strict = true;
    check({.golden = {},
           .before = {strict},
           .rows = package_rows,
           .operation = AddColumn{.table = "packages", .column = {.name = "n", .type = integer()}}});
}

TEST_CASE("AddColumn: what would fail for older releases is refused") {
    auto const add = [](Column const& column) {
        return refusal({packages()}, AddColumn{.table = "packages", .column = column});
    };
    CHECK(add({.name = "a", .type = text()}) == "");
    CHECK(missing(add({.name = "a", .type = text(), .nullable = false}),
                  {"AddColumn packages.a", "would make the inserts of older releases fail", ".default_value"}) == "");
    CHECK(missing(add({.name = "SIZE", .type = text()}), {"has a column \"SIZE\" already", "choose another name"}) ==
          "");
    CHECK(missing(add({.name = "a", .type = integer(), .primary_key = true}), {"a key column cannot be added"}) == "");
    CHECK(missing(refusal({packages()}, AddColumn{.table = "pakages", .column = {.name = "a", .type = text()}}),
                  {"AddColumn pakages.a", "there is no table \"pakages\"", "did you mean \"packages\"?"}) == "");
}

TEST_CASE(
    "AddColumn: a default that the engine cannot give to rows that are there is refused before anything is written") {
    Plan const plan{"p",
                    {Migration{.id = "0001", .release = "1.0", .operations = {packages()}},
                     Migration{.id = "0002",
                               .release = "2.0",
                               .operations = {AddColumn{.table = "packages",
                                                        .column = {.name = "at",
                                                                   .type = timestamp(),
                                                                   .nullable = false,
                                                                   .default_value = "CURRENT_TIMESTAMP"}}}}}};
    auto const database = sqlite::Connection::in_memory();
    Rollout rollout{plan, database};
    (void)rollout.expand();
    auto const before = rollout.canonical();
    CHECK_THROWS_WITH_AS(
        (void)rollout.expand(),
        doctest::Contains("Column packages.at has the default CURRENT_TIMESTAMP, which is no constant"), PlanError);
    CHECK(rollout.canonical() == before);
}

TEST_CASE("AddColumn: a computed column is there for every row at once, golden") {
    check({.golden = "add_column_computed",
           .before = {packages()},
           .rows = package_rows,
           .operation = AddColumn{.table = "packages",
                                  .column = {.name = "label", .type = text(), .generated = "section || '/' || name"}},
           .look = "SELECT label FROM packages",
           .expected = "'main/bash'; 'main/vim'; 'main/zsh'"});
}

TEST_CASE("AddColumn: a computed column follows what any release writes, and nobody writes it") {
    using namespace evolver::testing;
    Folder const folder;
    make_catalogue(folder.database(), 5);
    Plan const plan{
        "catalogue",
        {packages_migration(),
         Migration{.id = "0002-title",
                   .release = "2.0",
                   .operations = {RenameColumn{.table = "packages", .from = "name", .to = "title"},
                                  AddColumn{.table = "packages",
                                            .column = {.name = "loud", .type = text(), .generated = "upper(title)"}},
                                  CreateIndex{.name = "by_loud", .table = "packages", .columns = {"loud"}}}}}};
    Application release{folder.database(), plan};
    auto const packages = release.evolver.table("packages");
    RawSqlite const old{folder.database()};
    for (bool const contracted : {false, true}) {
        release.evolver.expand();
        release.evolver.backfill();
        if (contracted) {
            release.evolver.reconcile();
            (void)release.evolver.contract(now());
        } else {
            old.run("INSERT INTO packages VALUES (8, 'without names of columns', '1')");
            old.run("UPDATE packages SET name = 'older' WHERE id = 1");
        }
        std::string const title = contracted ? "newest" : "newer";
        release.db << packages.update({"title"}) + " WHERE id = 2", soci::use(title, "title");
        std::string first;
        std::string second;
        release.db << packages.select({"loud"}) + " WHERE id = 1", soci::into(first);
        release.db << packages.select({"title"}) + (contracted ? " WHERE loud = 'NEWEST'" : " WHERE loud = 'NEWER'"),
            soci::into(second);
        CHECK(first == "OLDER");
        CHECK(second == title);
        CHECK_THROWS_WITH_AS((void)packages.insert({"title", "loud"}),
                             doctest::Contains("\"loud\" of \"packages\" is computed by the database"), AccessError);
        CHECK_THROWS_WITH_AS((void)packages.update({"loud"}), doctest::Contains("is computed by the database"),
                             AccessError);
    }
}

TEST_CASE("AddColumn: a computed column that cannot be is refused before anything is written") {
    auto const add = [](Column const& column) {
        Plan const plan{
            "p",
            {Migration{.id = "0001", .release = "1.0", .operations = {packages()}},
             Migration{
                 .id = "0002", .release = "2.0", .operations = {AddColumn{.table = "packages", .column = column}}}}};
        auto const database = sqlite::Connection::in_memory();
        Rollout rollout{plan, database};
        (void)rollout.expand();
        try {
            (void)rollout.expand();
        } catch (PlanError const& error) {
            return std::string{error.what()};
        }
        return std::string{};
    };
    CHECK(add({.name = "a", .type = text(), .generated = "lower(name)"}) == "");
    CHECK(missing(add({.name = "a", .type = text(), .generated = "lower(name)", .stored = true}),
                  {"packages.a is STORED", "a VIRTUAL column", "CreateIndex"}) == "");
    CHECK(missing(add({.name = "a", .type = text(), .nullable = false, .generated = "lower(name)"}),
                  {"AddColumn packages.a", "would make the writes of older releases fail", "leave it nullable"}) == "");
    CHECK(missing(add({.name = "a", .type = text(), .default_value = "1", .generated = "lower(name)"}),
                  {"a computed column has no default"}) == "");
    CHECK(missing(add({.name = "a", .type = text(), .generated = "lower(nmae)"}),
                  {"Migration \"0002\", AddColumn packages.a", "`generated` = lower(nmae)", "no such column: nmae"}) ==
          "");
    CHECK(missing(add({.name = "a", .type = text(), .generated = "json_extract(size, '$.a')"}),
                  {"`generated`", "JSON functions raise an error", "CASE WHEN json_valid(size)"}) == "");
    CHECK(missing(add({.name = "a", .type = text(), .generated = "date('now')"}), {"changes with the clock"}) == "");
    CHECK(missing(add({.name = "a", .type = text(), .generated = "(SELECT max(size) FROM packages)"}),
                  {"`generated`"}) == "");
}

TEST_SUITE_END();
