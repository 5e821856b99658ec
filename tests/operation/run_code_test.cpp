#include "evolver/operation/run_code.hpp"

#include "support/application.hpp"
#include "support/raw_sqlite.hpp"
#include "support/round_trip.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace evolver;
using namespace evolver::support;
using namespace evolver::testing;

namespace {

/// What no SQL of SQLite's says: the letters of a name, sorted.
void sort_letters(CodeDatabase& database) {
    std::vector<std::pair<Value, std::string>> sorted;
    database.each("SELECT id, name FROM packages WHERE id > ?", {Value{0}}, [&](CodeDatabase::Row const& row) {
        auto name = std::get<std::string>(row.at(1));
        std::sort(name.begin(), name.end());
        sorted.emplace_back(row.at(0), name);
    });
    for (auto const& [id, name] : sorted)
        CHECK(database.execute("UPDATE packages SET name = ?2 WHERE id = ?1", {id, Value{name}}) == 1);
}

RunCode sorted_letters() {
    return {.name = "sort letters", .version = "1", .expand = sort_letters, .undo = [](CodeDatabase& database) {
                database.run("UPDATE packages SET name = 'undone'; UPDATE packages SET size = '0'");
            }};
}

Plan plan_of(RunCode const& code) {
    return Plan{"catalogue",
                {packages_migration(), Migration{.id = "0002-code", .release = "2.0", .operations = {code}}}};
}

/// The message with which `code` fails at expand; the rows are as before.
std::string failure(std::function<void(CodeDatabase&)> const& code) {
    Folder const folder;
    make_catalogue(folder.database(), 3);
    Application release{folder.database(), plan_of({.name = "code", .version = "1", .expand = code})};
    RawSqlite const old{folder.database()};
    auto const before = rows(old.connection(), "SELECT * FROM packages");
    std::string message;
    try {
        release.evolver.expand();
    } catch (Error const& error) {
        message = error.what();
        CHECK(error.database_changed() == Changed::no);
        CHECK(error.object() == "0002-code");
    }
    CHECK(rows(old.connection(), "SELECT * FROM packages") == before);
    CHECK(release.evolver.status().migrations.at(1).phase == Phase::planned);
    return message;
}

}  // namespace

TEST_SUITE_BEGIN("operation/run_code");

TEST_CASE("RunCode: runs each function in its phase, golden") {
    check({.golden = "run_code",
           .before = {packages()},
           .rows = package_rows,
           .operation =
               RunCode{.name = "note",
                       .version = "1",
                       .expand = [](CodeDatabase& database) { database.run("DELETE FROM packages WHERE id > 9"); },
                       .contract = [](CodeDatabase& database) { database.run("UPDATE packages SET size = 'c'"); },
                       .undo = [](CodeDatabase&) {}},
           .look = "SELECT size FROM packages",
           .expected = "'c'; 'c'; 'c'"});
}

TEST_CASE("RunCode: one that fails behind a migration that is expanded says that the database has partly changed") {
    Folder const folder;
    make_catalogue(folder.database(), 3);
    RunCode const fails{
        .name = "code", .version = "1", .expand = [](CodeDatabase&) { throw std::runtime_error{"no"}; }};
    Application release{
        folder.database(),
        Plan{"catalogue",
             {packages_migration(),
              Migration{.id = "0002-kind",
                        .release = "2.0",
                        .operations = {AddColumn{.table = "packages", .column = {.name = "kind", .type = text()}}}},
              Migration{.id = "0003-code", .release = "2.0", .operations = {fails}}}}};
    for (auto const expected : {Changed::partly, Changed::no}) {
        try {
            release.evolver.expand();
            FAIL_CHECK("the code fails");
        } catch (Error const& error) {
            CHECK(error.database_changed() == expected);
            CHECK(error.object() == "0003-code");
        }
        CHECK(release.evolver.status().migrations.at(1).phase == Phase::expanded);
    }
}

TEST_CASE("RunCode: reads and writes rows at expand, and again at undo") {
    Folder const folder;
    make_catalogue(folder.database(), 2);
    Application release{folder.database(), plan_of(sorted_letters())};
    release.evolver.expand();
    CHECK(release.ask("SELECT group_concat(name) FROM packages") == "-1aacegkp,-2aacegkp");
    (void)release.evolver.rollback({.migration = "0002-code"});
    CHECK(release.ask("SELECT group_concat(name || size) FROM packages") == "undone0,undone0");
    release.evolver.expand();
    CHECK(release.ask("SELECT group_concat(name) FROM packages") == "dennou,dennou");
}

TEST_CASE("RunCode: values come and go with the type that they are stored by") {
    Folder const folder;
    make_catalogue(folder.database(), 1);
    RawSqlite{folder.database()}.run("CREATE TABLE kinds (id INTEGER PRIMARY KEY, value)");
    CodeDatabase::Row found;
    Application release{folder.database(),
                        plan_of({.name = "code", .version = "1", .expand = [&](CodeDatabase& database) {
                                     std::vector<Value> const values{Null{}, 1, 0.5, "text", Blob{std::byte{7}}};
                                     for (auto const& value : values)
                                         database.execute("INSERT INTO kinds (value) VALUES (?)", {value});
                                     database.each("SELECT value FROM kinds ORDER BY id", {},
                                                   [&](CodeDatabase::Row const& row) { found.push_back(row.front()); });
                                     CHECK(found == values);
                                     CHECK(database.engine() == Engine::sqlite);
                                 }})};
    release.evolver.expand();
    CHECK(found.size() == 5);
    CHECK(release.ask("SELECT group_concat(typeof(value)) FROM kinds") == "null,integer,real,text,blob");
}

TEST_CASE("RunCode: what it throws rolls the phase back, and comes out with the migration's name") {
    CHECK(missing(failure([](CodeDatabase& database) {
                      database.run("UPDATE packages SET name = 'gone'");
                      throw std::runtime_error{"the key server is away"};
                  }),
                  {"Migration \"0002-code\" cannot run the code \"code\"", "the key server is away"}) == "");
    CHECK(missing(failure([](CodeDatabase& database) {
                      database.run("DELETE FROM packages");
                      throw 7;
                  }),
                  {"\"0002-code\"", "no std::exception"}) == "");
    CHECK(missing(failure([](CodeDatabase& database) { database.run("UPDATE packages SET nmae = 1"); }),
                  {"\"0002-code\"", "no such column: nmae"}) == "");
}

TEST_CASE("RunCode: what would end the transaction or change the schema is refused in words") {
    for (std::string const sql :
         {"COMMIT", "BEGIN", "ROLLBACK", "SAVEPOINT a", "PRAGMA foreign_keys = ON", "DROP TABLE packages",
          "/* so */ create table t (a)", "ALTER TABLE packages ADD COLUMN a", "VACUUM"}) {
        CAPTURE(sql);
        CHECK(missing(failure([&](CodeDatabase& database) {
                          database.run("DELETE FROM packages");
                          database.run(sql);
                      }),
                      {"is not for a RunCode", "by an operation of its own"}) == "");
    }
    CHECK(missing(failure([](CodeDatabase& database) { database.execute("SELECT 1; SELECT 2"); }),
                  {"2 statements where one is meant", "run()"}) == "");
    CHECK(missing(failure([](CodeDatabase& database) { database.execute("SELECT ?, ?", {Value{1}}); }),
                  {"1 values for 2 placeholders"}) == "");
}

TEST_CASE("RunCode: what it writes at contract goes through the gates, and reaches both shapes of what is open still") {
    Folder const folder;
    make_catalogue(folder.database(), 5);
    Plan const plan{
        "catalogue",
        {packages_migration(),
         Migration{
             .id = "0002-code",
             .release = "2.0",
             .operations = {AddColumn{.table = "packages", .column = {.name = "note", .type = text()}},
                            RunCode{.name = "trim",
                                    .version = "1",
                                    .contract =
                                        [](CodeDatabase& database) { database.run("UPDATE packages SET size = '7'"); }},
                            DropColumn{.table = "packages", .column = "name", .down = "'x'"}}},
         size_migration()}};
    Application release{folder.database(), plan};
    release.evolver.expand();
    release.evolver.backfill();
    release.evolver.reconcile();
    CHECK_THROWS_WITH_AS((void)release.evolver.contract(), doctest::Contains("the soak time is"), GateClosed);
    CHECK(release.ask("SELECT count(*) FROM packages WHERE size = '7'") == "0");
    // The first of two: the second still has both shapes when the code runs.
    RawSqlite const old{folder.database()};
    Compiler compiler{plan, {1, 3}, old.connection()};
    old.run("BEGIN");
    for (auto const& step : compiler.contract().steps) {
        for (auto const& sql : step.sql) old.connection().run(sql);
        if (!step.code) continue;
        sqlite::CodeConnection database{old.connection()};
        step.code(database);
    }
    CHECK(old.connection().integer("SELECT count(*) FROM packages WHERE size = '7' AND size_bytes = 7") == 5);
    old.run("ROLLBACK");
    // A write of the old shape is one, whoever makes it.
    CHECK_THROWS_WITH_AS((void)release.evolver.contract(now()), doctest::Contains("legacy writes came in"), GateClosed);
    CHECK(release.evolver.status().migrations[1].phase == Phase::contracted);
    release.evolver.reconcile();
    (void)release.evolver.contract(now());
    CHECK(release.ask("SELECT count(*) FROM packages WHERE size_bytes = 7") == "5");
}

TEST_CASE("RunCode: a dry run does not run it, and says so") {
    Folder const folder;
    make_catalogue(folder.database(), 2);
    bool ran = false;
    Application release{folder.database(), plan_of({.name = "sort letters",
                                                    .version = "1",
                                                    .expand = [&](CodeDatabase&) { ran = true; },
                                                    .contract = [&](CodeDatabase&) { ran = true; }})};
    auto const report = release.evolver.dry_run();
    CHECK_FALSE(ran);
    REQUIRE(report.warnings.size() == 1);
    CHECK(missing(report.warnings[0], {"not rehearsed", "0002-code", "sort letters", "at expand and contract"}) == "");
    release.evolver.expand();
    CHECK(ran);
    CHECK(missing(release.evolver.dry_run().warnings.at(0), {"sort letters", "at contract,"}) == "");
}

TEST_CASE("RunCode: its version stands for it in the plan's digest") {
    auto const digest = [](RunCode const& code) { return plan_of(code).digest(); };
    auto other = sorted_letters();
    other.expand = [](CodeDatabase&) {};
    CHECK(digest(other) == digest(sorted_letters()));
    other.version = "2";
    CHECK(digest(other) != digest(sorted_letters()));
    other = sorted_letters();
    other.name = "other";
    CHECK(digest(other) != digest(sorted_letters()));
    other = sorted_letters();
    other.undo = {};
    CHECK(digest(other) != digest(sorted_letters()));
}

TEST_CASE("RunCode: one that does nothing is refused, and one without an undo cannot be rolled back") {
    CHECK(missing(refusal({packages()}, RunCode{.name = "n", .version = "1", .undo = [](CodeDatabase&) {}}),
                  {"RunCode n: it does nothing", ".expand or .contract"}) == "");
    Folder const folder;
    make_catalogue(folder.database(), 1);
    Application release{folder.database(), plan_of({.name = "n", .version = "1", .expand = [](CodeDatabase&) {}})};
    release.evolver.expand();
    CHECK_THROWS_WITH_AS((void)release.evolver.rollback({.migration = "0002-code"}),
                         doctest::Contains("its RunCode says no way back"), PlanError);
}

TEST_SUITE_END();
