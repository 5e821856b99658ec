#include "evolver/operation/backfill.hpp"

#include "dialect/sqlite/fill_sql.hpp"
#include "support/application.hpp"
#include "support/raw_sqlite.hpp"
#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

Backfill lower_names() {
    return {.table = "packages", .set = {{"name", "lower(name)"}}, .where = "name <> lower(name)"};
}

Migration lower_migration() { return {.id = "0002-lower", .release = "2.0", .operations = {lower_names()}}; }

Plan lower_plan() { return Plan{"catalogue", {packages_migration(), lower_migration()}}; }

/// Release 1.0 with `rows` packages, PACKAGE-1 and so on.
void make_loud_catalogue(std::string const& path, int rows) {
    make_catalogue(path, rows);
    RawSqlite{path}.run("UPDATE packages SET name = upper(name)");
}

std::string refused(Plan const& plan, std::string const& rows) {
    auto const database = sqlite::Connection::in_memory();
    Rollout rollout{plan, database};
    (void)rollout.expand();
    database.run(rows);
    auto const before = support::rows(database, "SELECT id, name, size, section FROM packages");
    try {
        while (rollout.standing().expanded < plan.migrations().size()) (void)rollout.expand();
    } catch (PlanError const& error) {
        CHECK(support::rows(database, "SELECT id, name, size, section FROM packages") == before);
        return error.what();
    }
    return {};
}

std::string refused(Backfill const& operation, std::string const& rows = package_rows) {
    return refused(Plan{"p",
                        {Migration{.id = "0001", .release = "1.0", .operations = {packages()}},
                         Migration{.id = "0002", .release = "2.0", .operations = {operation}}}},
                   rows);
}

}  // namespace

TEST_SUITE_BEGIN("operation/backfill");

TEST_CASE("Backfill: changes no schema, and fills in batches, golden") {
    Plan const plan{"p",
                    {Migration{.id = "0001", .release = "1.0", .operations = {packages()}},
                     Migration{.id = "0002", .release = "2.0", .operations = {lower_names()}}}};
    auto const database = sqlite::Connection::in_memory();
    Rollout rollout{plan, database};
    (void)rollout.expand();
    database.run("INSERT INTO packages (id, name) VALUES (1, 'Bash'), (2, 'vim')");
    auto const schema = rollout.canonical();
    auto text = script("expand", rollout.expand());
    Compiler const compiler{plan, rollout.standing(), database};
    auto const open = compiler.transforms(1);
    REQUIRE(open.size() == 1);
    auto const key = sqlite::row_key(database, "packages");
    text += "-- each batch\n\n" + sqlite::transform(open[0].transform, key, sqlite::Range::after_until) + ";\n" +
            "-- refused if: " + sqlite::untransformed(open[0].transform, key, sqlite::Range::after_until) + "\n\n";
    (void)rollout.fill();
    CHECK(rows(database, "SELECT name FROM packages") == "'bash'; 'vim'");
    text += script("contract", rollout.contract());
    CHECK(rollout.canonical() == schema);
    CHECK(text == golden("sqlite/backfill.sql", text));
}

TEST_CASE("Backfill: fills the rows that are there, and only those that `where` is for") {
    Folder const folder;
    make_loud_catalogue(folder.database(), 3000);
    RawSqlite const old{folder.database()};
    old.run("CREATE TABLE log (id INTEGER)");
    old.run("CREATE TRIGGER noted AFTER UPDATE ON packages BEGIN INSERT INTO log VALUES (NEW.id); END");
    Application release{folder.database(), lower_plan()};
    release.evolver.expand();
    CHECK(old.connection().integer("SELECT count(*) FROM packages WHERE name = upper(name)") == 3000);
    CHECK(release.evolver.advance(1us));  // one batch
    auto const begun = old.connection().integer("SELECT count(*) FROM packages WHERE name = lower(name)");
    CHECK(begun > 0);
    CHECK(begun < 3000);
    // Another process goes on where this one stopped.
    {
        Application other{folder.database(), lower_plan()};
        other.evolver.backfill(Speed::full);
    }
    CHECK(old.connection().integer("SELECT count(*) FROM packages WHERE name = lower(name)") == 3000);
    CHECK(old.connection().integer("SELECT count(*) FROM log") == 0);
    auto const status = release.evolver.status().migrations[1];
    CHECK(status.filled);
    CHECK(status.rows_filled == 3000);
    CHECK(status.batches > 1);
    // What an older release writes behind it stays as it writes it.
    old.run("UPDATE packages SET name = 'LOUD' WHERE id = 1");
    release.evolver.backfill();
    CHECK(old.connection().text("SELECT name FROM packages WHERE id = 1") == "LOUD");
}

TEST_CASE("Backfill: in memory, where the application's connection is the only one, no trigger fires either") {
    Application release{":memory:", lower_plan()};
    release.evolver.expand();
    release.db << "INSERT INTO packages (id, name) VALUES (1, 'LOUD'), (2, 'LOUDER')";
    release.db << "CREATE TABLE log (id INTEGER)";
    release.db << "CREATE TRIGGER noted AFTER UPDATE ON packages BEGIN INSERT INTO log VALUES (NEW.id); END";
    release.evolver.backfill();
    CHECK(release.ask("SELECT count(*) FROM packages WHERE name = lower(name)") == "2");
    CHECK(release.ask("SELECT count(*) FROM log") == "0");
    release.db << "UPDATE packages SET name = 'own' WHERE id = 1";
    CHECK(release.ask("SELECT id FROM log") == "1");
}

TEST_CASE("Backfill: contract waits until it has come to its end") {
    Folder const folder;
    make_loud_catalogue(folder.database(), 50);
    Application release{folder.database(), lower_plan()};
    release.evolver.expand();
    CHECK_THROWS_WITH_AS((void)release.evolver.contract(now()),
                         doctest::Contains("the backfill is not complete: call backfill()"), GateClosed);
    release.evolver.backfill();
    (void)release.evolver.contract();  // nothing is removed: no other gate
    CHECK(release.evolver.status().migrations[1].phase == Phase::contracted);
}

TEST_CASE("Backfill: after a rollback the values stay, and it says so, and the next expand begins anew") {
    Folder const folder;
    make_loud_catalogue(folder.database(), 20);
    Application release{folder.database(), lower_plan()};
    release.evolver.expand();
    release.evolver.backfill();
    auto const report = release.evolver.rollback({.migration = "0002-lower"});
    REQUIRE(report.warnings.size() == 1);
    CHECK(missing(report.warnings[0], {"0002-lower", "packages", "stay"}) == "");
    CHECK(release.ask("SELECT count(*) FROM packages WHERE name = lower(name)") == "20");
    RawSqlite const old{folder.database()};
    old.run("UPDATE packages SET name = 'LOUD' WHERE id = 1");
    release.evolver.expand();
    release.evolver.backfill();
    CHECK(old.connection().text("SELECT name FROM packages WHERE id = 1") == "loud");
}

TEST_CASE("Backfill: a column that the same migration adds is filled, also by its new name and from another table") {
    auto const database = sqlite::Connection::in_memory();
    Plan const plan{
        "p",
        {Migration{.id = "0001",
                   .release = "1.0",
                   .operations = {packages(), CreateTable{.table = "sections",
                                                          .columns = {{.name = "code", .type = text()},
                                                                      {.name = "rank", .type = integer()}}}}},
         Migration{
             .id = "0002",
             .release = "2.0",
             .operations = {
                 RenameColumn{.table = "packages", .from = "name", .to = "title"},
                 AddColumn{.table = "packages", .column = {.name = "rank", .type = integer()}},
                 Backfill{.table = "packages", .set = {{"title", "upper(title)"}}, .where = "title <> upper(title)"},
                 Backfill{.table = "packages",
                          .set = {{"rank", "(SELECT s.rank FROM sections AS s WHERE s.code = section)"}},
                          .where = "rank IS NULL AND section IN (SELECT code FROM sections)"}}}}};
    Rollout rollout{plan, database};
    (void)rollout.expand();
    database.run(package_rows + "; INSERT INTO sections VALUES ('main', 7)");
    database.run("UPDATE packages SET section = 'other' WHERE id = 3");
    (void)rollout.expand();
    (void)rollout.fill();
    CHECK(rows(database, "SELECT name, rank FROM packages") == "'BASH'|7; 'VIM'|7; 'ZSH'|NULL");
}

TEST_CASE("Backfill: what a later open migration computes from the column follows, without a trigger") {
    Folder const folder;
    make_catalogue(folder.database(), 500);
    RawSqlite const old{folder.database()};
    old.run("UPDATE packages SET size = ' ' || size");
    old.run("CREATE TABLE log (id INTEGER)");
    old.run("CREATE TRIGGER noted AFTER UPDATE OF size ON packages BEGIN INSERT INTO log VALUES (NEW.id); END");
    Plan const plan{
        "catalogue",
        {packages_migration(),
         Migration{.id = "0002-trim",
                   .release = "2.0",
                   .operations = {Backfill{
                       .table = "packages", .set = {{"size", "trim(size)"}}, .where = "size <> trim(size)"}}},
         Migration{.id = "0003-size-length",
                   .release = "3.0",
                   .operations = {SplitColumn{.table = "packages",
                                              .from = "size",
                                              .into = {{.name = "first", .type = text(), .up = "substr(size, 1, 1)"},
                                                       {.name = "rest", .type = text(), .up = "substr(size, 2)"}},
                                              .down = "first || rest"}}},
         Migration{.id = "0004-more",
                   .release = "3.0",
                   .operations = {ChangeType{.table = "packages",
                                             .from = "first",
                                             .to = "digit",
                                             .type = integer(),
                                             .up = "CAST(first AS INTEGER)",
                                             .down = "CAST(digit AS TEXT)"}}}}};
    Application release{folder.database(), plan};
    release.evolver.expand();
    // Old programs fill the new columns before the transform comes by.
    old.run("UPDATE packages SET size = ' 77' WHERE id = 9");
    old.run("DELETE FROM log");
    CHECK(release.evolver.advance(1us));
    CHECK(release.evolver.status().migrations[1].rows_filled > 0);
    CHECK(old.connection().text(
              "SELECT quote(size) || quote(first) || quote(rest) || digit FROM packages WHERE id = 9") ==
          "'77''7''7'7");
    release.evolver.backfill();
    CHECK(old.connection().integer("SELECT count(*) FROM log") == 0);
    CHECK(old.connection().integer(
              "SELECT count(*) FROM packages WHERE size = first || rest AND digit = first AND size = "
              "trim(size)") == 500);
    release.evolver.reconcile();
    (void)release.evolver.contract(now());
}

TEST_CASE("Backfill: one that would be computed twice is refused before anything is written") {
    CHECK(missing(refused({.table = "packages", .set = {{"size", "size * 10"}}, .where = "size IS NOT NULL"}),
                  {"Migration \"0002\", Backfill packages", "`where` = size IS NOT NULL", "2 of 2 sample rows",
                   "computed twice", ".where = \"converted = 0\""}) == "");
    CHECK(missing(refusal({packages()}, Backfill{.table = "packages", .set = {{"size", "size * 10"}}, .where = "1"}),
                  {"`where` reads none of the columns that are set", "\"size IS NULL\""}) == "");
    CHECK(refused({.table = "packages", .set = {{"size", "'0'"}}, .where = "size IS NULL"}) == "");
    // A mark, written in the same statement, tells what is done.
    Plan const marked{
        "p",
        {Migration{.id = "0001", .release = "1.0", .operations = {packages()}},
         Migration{
             .id = "0002",
             .release = "2.0",
             .operations = {
                 AddColumn{.table = "packages",
                           .column = {.name = "in_cents", .type = integer(), .nullable = false, .default_value = "0"}},
                 Backfill{.table = "packages",
                          .set = {{"size", "size * 100"}, {"in_cents", "1"}},
                          .where = "in_cents = 0"}}}}};
    CHECK(refused(marked, package_rows) == "");
}

TEST_CASE("Backfill: a row that `where` still holds for ends its batch, which is rolled back") {
    struct Case {
        std::string start;
        std::string where;
    };
    // The second is told by the value that it gets, the first by a look at the batch.
    for (auto const& [start, where] : {Case{"'x'", "size IS NULL OR size = 'x'"}, Case{"NULL", "size IS NULL"}}) {
        CAPTURE(where);
        Folder const folder;
        make_catalogue(folder.database(), 3000);
        RawSqlite const old{folder.database()};
        old.run("UPDATE packages SET size = " + start);
        old.run("UPDATE packages SET size = NULL, name = 'odd' WHERE id = 1500");  // between the samples
        Plan const plan{"catalogue",
                        {packages_migration(),
                         Migration{.id = "0002-fill",
                                   .release = "2.0",
                                   .operations = {Backfill{.table = "packages",
                                                           .set = {{"size", "CASE WHEN name <> 'odd' THEN '0' END"}},
                                                           .where = Expression{where}}}}}};
        Application release{folder.database(), plan};
        release.evolver.expand();
        CHECK_THROWS_WITH_AS(release.evolver.backfill(), doctest::Contains("holds still for the row with the key 1500"),
                             Error);
        CHECK(old.connection().text("SELECT size FROM packages WHERE id = 1") == "0");
        CHECK(old.connection().integer("SELECT count(*) FROM packages WHERE id >= 1500 AND size = '0'") == 0);
        old.run("UPDATE packages SET name = 'even' WHERE id = 1500");
        release.evolver.resume_backfill();
        release.evolver.backfill();
        CHECK(old.connection().integer("SELECT count(*) FROM packages WHERE size = '0'") == 3000);
    }
}

TEST_CASE("Backfill: what cannot be meant is refused") {
    auto const with = [](auto const& edit, std::vector<Operation> const& before = {packages()}) {
        auto operation = lower_names();
        edit(operation);
        return refusal(before, operation);
    };
    CHECK(with([](Backfill&) {}) == "");
    CHECK(missing(with([](Backfill& o) { o.table = "packagse"; }),
                  {"Backfill packagse", "did you mean \"packages\"?"}) == "");
    CHECK(missing(with([](Backfill& o) { o.set = {}; }), {"it fills no column", ".set"}) == "");
    CHECK(missing(with([](Backfill& o) { o.set = {{"nmae", "1"}}; }), {"has no column \"nmae\""}) == "");
    CHECK(missing(with([](Backfill& o) { o.set.push_back({"NAME", "1"}); }), {"column \"NAME\" is set twice"}) == "");
    CHECK(missing(with([](Backfill& o) {
                      o.set = {{"id", "id + 1"}};
                  }),
                  {"column \"id\" is part of the key", "a new column"}) == "");
    auto const child = CreateTable{
        .table = "files",
        .columns = {{.name = "id", .type = integer(), .primary_key = true}, {.name = "package", .type = text()}},
        .foreign_keys = {{.columns = {"package"}, .table = "packages", .referenced = {"name"}}}};
    CHECK(missing(with([](Backfill&) {}, {packages(), child}),
                  {"column \"name\" is part of what table \"files\" refers to", "a new column"}) == "");
    CHECK(missing(refusal({packages(), child},
                          Backfill{.table = "files", .set = {{"package", "'a'"}}, .where = "package IS NULL"}),
                  {"column \"package\" is part of a foreign key", "AddForeignKey"}) == "");
    auto generated = packages();
    generated.columns.push_back({.name = "g", .type = text(), .generated = "upper(name)"});
    CHECK(missing(with(
                      [](Backfill& o) {
                          o.set = {{"g", "1"}};
                      },
                      {generated}),
                  {"column \"g\" is computed by the database"}) == "");
}

TEST_CASE("Backfill: a bad expression is found before anything is written") {
    auto const with = [](std::string const& value, std::string const& where) {
        return refused({.table = "packages", .set = {{"size", Expression{value}}}, .where = Expression{where}});
    };
    CHECK(missing(with("lower(siez)", "size IS NULL"),
                  {"Migration \"0002\", Backfill packages", "no such column: siez"}) == "");
    CHECK(missing(with("'0'", "size IS NULL) OR (1"), {"`where`", "parentheses do not match"}) == "");
    CHECK(missing(with("'0' -- all", "size IS NULL"), {"`set size`", "a comment at its end"}) == "");
    CHECK(missing(with("?1", "size IS NULL"), {"`set size`", "placeholder"}) == "");
    CHECK(missing(refused({.table = "packages", .set = {{"name", "NULL"}}, .where = "name = 'vim'"}),
                  {"on rows of the table it fails", "NOT NULL constraint failed"}) == "");
    // Before anybody has a row, only the words can be judged.
    CHECK(refused({.table = "packages", .set = {{"name", "NULL"}}, .where = "name = 'vim'"}, "") == "");
}

TEST_CASE("Backfill: a column that an open migration fills is refused, and so is one that only older releases have") {
    auto const plan = [](Release const& release, Backfill const& operation) {
        return Plan{"p",
                    {Migration{.id = "0001", .release = "1.0", .operations = {packages()}},
                     Migration{.id = "0002",
                               .release = "2.0",
                               .operations = {ChangeType{.table = "packages",
                                                         .from = "size",
                                                         .to = "size_bytes",
                                                         .type = integer(),
                                                         .up = "CAST(size AS INTEGER)",
                                                         .down = "CAST(size_bytes AS TEXT)"}}},
                     Migration{.id = "0003", .release = release, .operations = {operation}}}};
    };
    Backfill const newer{.table = "packages", .set = {{"size_bytes", "0"}}, .where = "size_bytes IS NULL"};
    CHECK(missing(refused(plan("3.0", newer), package_rows),
                  {"Migration \"0003\", Backfill packages", "column \"size_bytes\" is filled by migration \"0002\"",
                   "contract \"0002\" first", "release 2.0", "Plan::until"}) == "");
    Backfill const older{.table = "packages", .set = {{"section", "size"}}, .where = "section = 'main'"};
    CHECK(missing(refused(plan("2.0", older), package_rows),
                  {"`set section` reads the column \"size\", which only older releases have"}) == "");
    // Reading what the other migration fills is what it is there for.
    Backfill const reads{.table = "packages",
                         .set = {{"section", "CASE WHEN size_bytes > 100 THEN 'large' ELSE 'small' END"}},
                         .where = "section = 'main'"};
    CHECK(refused(plan("2.0", reads), package_rows) == "");
}

TEST_CASE("Backfill: odd names, a table without a key of its own, and one WITHOUT ROWID") {
    for (bool const without_rowid : {false, true}) {
        Folder const folder;
        RawSqlite const old{folder.database()};
        old.connection().run(std::string{R"(CREATE TABLE "Order ""2""" ("primary" TEXT NOT NULL, "it's" TEXT)"} +
                             (without_rowid ? ", PRIMARY KEY (\"primary\")) WITHOUT ROWID" : ")"));
        for (int i = 0; i < 700; ++i)
            old.run(R"(INSERT INTO "Order ""2""" VALUES (?, 'A'))", {"key " + std::to_string(i)});
        Plan const plan{
            "odd",
            {Migration{
                 .id = "0001", .release = "1.0", .operations = {RawSql{.expand = "SELECT 1", .undo = "SELECT 1"}}},
             Migration{.id = "0002",
                       .release = "2.0",
                       .operations = {Backfill{.table = "order \"2\"",
                                               .set = {{"it's", "lower(\"it's\")"}},
                                               .where = "\"it's\" <> lower(\"it's\")"}}}}};
        Application release{folder.database(), plan};
        release.evolver.expand();
        release.evolver.backfill();
        CHECK(old.connection().integer(R"(SELECT count(*) FROM "Order ""2""" WHERE "it's" = 'a')") == 700);
    }
}

TEST_SUITE_END();
