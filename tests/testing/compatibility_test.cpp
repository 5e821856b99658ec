// The compatibility kit on a plan as its users have one: what fits, what it says, and what it looks at.

#include <doctest/doctest.h>

#include "evolver/evolver.hpp"
#include "evolver/testing.hpp"
#include "support/folder.hpp"

#include <fstream>

using namespace evolver;
using evolver::testing::Compatibility;
using evolver::testing::IncompatibilityKind;

namespace {

Migration first() {
    return {.id = "0001-packages",
            .release = "1.0",
            .operations = {CreateTable{.table = "packages",
                                       .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                   {.name = "name", .type = text(), .nullable = false},
                                                   {.name = "size", .type = text()}}}}};
}

Plan catalogue() {
    return Plan{
        "catalogue",
        {first(),
         Migration{.id = "0002-size-bytes",
                   .release = "2.0",
                   .operations = {ChangeType{.table = "packages",
                                             .from = "size",
                                             .to = "size_bytes",
                                             .type = integer(),
                                             .up = "CAST(size AS INTEGER)",
                                             .down = "CAST(size_bytes AS TEXT)"}}},
         Migration{.id = "0003-title",
                   .release = "2.0",
                   .operations = {RenameColumn{.table = "packages", .from = "name", .to = "title"},
                                  AddColumn{.table = "packages", .column = {.name = "notes", .type = text()}}}}}};
}

bool has(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_SUITE_BEGIN("testing/compatibility");

TEST_CASE("compatibility: statements that name their columns fit every schema that they may meet") {
    Compatibility releases{catalogue()};
    releases.statements(
        "1.0",
        {"SELECT name, size FROM packages WHERE id = :id", "INSERT INTO packages (name, size) VALUES (:name, :size)",
         "UPDATE packages SET size = :size WHERE id = :id",
         "INSERT INTO packages (id, name) VALUES (:id, :name) ON CONFLICT (id) DO UPDATE SET name = "
         "excluded.name",
         "DELETE FROM packages WHERE id = ?", "SELECT count(*) FROM packages"});
    EVOLVER_CHECK_COMPATIBLE(releases);
    auto const report = releases.check();
    CHECK(report.statements == 6);
    CHECK(report.schemas >= 10);
    CHECK(report.checks >= 6 * 8);
    CHECK(has(text_of(report), "6 statements on "));
    CHECK(has(text_of(report), ": all fit\n"));
}

TEST_CASE("compatibility: a statement with a zero byte in it is a failure, and not half a statement that fits") {
    Compatibility releases{catalogue()};
    releases.statements("1.0", {std::string{"SELECT name FROM packages WHERE id = :id\0 AND no_such_column = 1", 64}});
    auto const report = releases.check();
    REQUIRE_FALSE(report.compatible());
    CHECK(has(text_of(report), "a zero byte"));
}

TEST_CASE("compatibility: what LiveTable writes fits at every moment") {
    Compatibility releases{catalogue()};
    int asked = 0;
    releases.live("2.0", [&](Evolver& evolver) {
        ++asked;
        auto const packages = evolver.table("packages");
        return std::vector{packages.insert({"title", "size_bytes"}).text(),
                           packages.select({"title", "size_bytes"}).text() + " WHERE size_bytes > :min",
                           packages.update({"size_bytes"}).text() + " WHERE id = :id",
                           packages.remove().text() + " WHERE id = :id"};
    });
    EVOLVER_CHECK_COMPATIBLE(releases);
    CHECK(asked >= 8);
}

TEST_CASE("compatibility: a failure names statement, release, phase, error, operation, and the way out") {
    Compatibility releases{catalogue()};
    releases.statements("1.0", {"SELECT * FROM packages\n  WHERE id = :id"});
    auto const report = releases.check();
    CHECK_FALSE(report.compatible());
    auto const text = text_of(report);
    CAPTURE(text);
    CHECK(has(text, "release   | 1.0\n"));
    CHECK(has(text, "statement | SELECT * FROM packages WHERE id = :id\n"));
    CHECK(has(text, "phase     | 0002-size-bytes: expanded, 0002-size-bytes: filled"));
    CHECK(has(text,
              "error     | result columns: it returns (id, name, size, size_bytes), and (id, name, size) on its own "
              "schema\n"));
    CHECK(has(text, "operation | ChangeType packages.size of migration 0002-size-bytes\n"));
    CHECK(has(text, "instead   | name the columns: SELECT a, b …\n"));
}

TEST_CASE("compatibility: of a migration with several operations the one is named that breaks the statement") {
    Plan const plan{
        "catalogue",
        {first(),
         Migration{.id = "0002-much",
                   .release = "2.0",
                   .operations = {CreateTable{.table = "other", .columns = {{.name = "id", .type = integer()}}},
                                  RawSql{.expand = "CREATE INDEX packages_name ON packages (name)",
                                         .undo = "DROP INDEX packages_name"},
                                  RawSql{.expand = "ALTER TABLE packages DROP COLUMN size",
                                         .undo = "ALTER TABLE packages ADD COLUMN size TEXT"}}}}};
    Compatibility releases{plan};
    releases.statements("1.0", {"SELECT size FROM packages"});
    auto const report = releases.check();
    REQUIRE(report.failures.size() == 1);
    CHECK(report.failures[0].migration == "0002-much");
    CHECK(report.failures[0].operation == title(plan.migrations()[1].operations[2]));
}

TEST_CASE("compatibility: rows that seeds make are what the expectations say after every upgrade") {
    Compatibility releases{catalogue()};
    releases.seed("1.0", {"INSERT INTO packages (name, size) VALUES ('bash', '1500'), ('vim', NULL)"});
    releases.seed("2.0", {"INSERT INTO packages (title, size_bytes) VALUES ('zsh', 7)"});
    releases.expect("1.0", "SELECT name, size FROM packages ORDER BY id", "'bash'|'1500'; 'vim'|NULL");
    releases.expect("2.0", "SELECT title, size_bytes FROM packages ORDER BY id", "'bash'|1500; 'vim'|NULL; 'zsh'|7");
    EVOLVER_CHECK_COMPATIBLE(releases);
    releases.expect("2.0", "SELECT sum(size_bytes) FROM packages", "1500");
    CHECK(has(text_of(releases.check()), "other rows: from the seeds it returns 1507, and should return 1500"));
}

TEST_CASE("compatibility: a plan that begins with tables of others is given their schema") {
    Plan const plan{
        "shop",
        {Migration{
             .id = "0001-begin", .release = "1.0", .operations = {RawSql{.expand = "SELECT 1", .undo = "SELECT 1"}}},
         Migration{.id = "0002-names",
                   .release = "2.0",
                   .operations = {RenameColumn{.table = "customers", .from = "name", .to = "full_name"}}}}};
    Compatibility releases{plan, {.schema = "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)"}};
    releases.statements("1.0", {"SELECT name FROM customers"});
    releases.statements("2.0", {"SELECT full_name FROM customers"});
    EVOLVER_CHECK_COMPATIBLE(releases);
}

TEST_CASE("compatibility: a plan that does not get to its end is a failure that names the migration") {
    Plan const plan{"catalogue",
                    {first(), Migration{.id = "0002-not-null",
                                        .release = "2.0",
                                        .operations = {SetNotNull{.table = "packages", .column = "size"}}}}};
    Compatibility releases{plan};
    releases.statements("1.0", {"SELECT size FROM packages"});
    CHECK(releases.check().compatible());  // made-up rows give way
    releases.seed("1.0", {"INSERT INTO packages (name) VALUES ('bash')"});
    auto const report = releases.check();
    REQUIRE_FALSE(report.failures.empty());
    CHECK(report.failures[0].kind == IncompatibilityKind::plan);
    CHECK(report.failures[0].migration == "0002-not-null");
}

TEST_CASE("compatibility: functions of the application are stood in for") {
    Compatibility releases{catalogue(), {.functions = {"slug/1"}}};
    releases.statements("1.0", {"SELECT slug(name) FROM packages", "SELECT other_one(name, 1) FROM packages"});
    EVOLVER_CHECK_COMPATIBLE(releases);
}

TEST_CASE("compatibility: a release that the plan does not name is refused") {
    Compatibility releases{catalogue()};
    CHECK_THROWS_AS(releases.statements("9.0", {"SELECT 1"}), PlanError);
    CHECK_THROWS_AS(releases.statements_from("1.0", "/nowhere/at/all.sql"), Error);
}

TEST_CASE("compatibility: statements come from a file, too") {
    evolver::testing::Folder const folder{"evolver-kit"};
    auto const path = folder.file("1.0.sql");
    std::ofstream{path}
        << "-- a comment; with a semicolon\nSELECT name FROM packages;\n\nSELECT 'a;b', * FROM packages;\n";
    Compatibility releases{catalogue()};
    releases.statements_from("1.0", path);
    auto const report = releases.check();
    CHECK(report.statements == 2);
    REQUIRE_FALSE(report.compatible());
    CHECK(report.failures[0].statement == "SELECT 'a;b', * FROM packages");
}
