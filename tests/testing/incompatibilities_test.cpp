// Incompatibilities, planted one by one: each is caught, and explained by statement, release, phase and operation. Beside each stands a statement
// that fits, so that a kit which refuses everything fails, too.

#include <doctest/doctest.h>

#include "evolver/evolver.hpp"
#include "evolver/testing.hpp"

#include <algorithm>

using namespace evolver;
using evolver::testing::Compatibility;
using evolver::testing::CompatibilityReport;
using evolver::testing::IncompatibilityKind;
using evolver::testing::name_of;

namespace {

/// Release 1.0: packages, owners, a view, a trigger, indexes.
Migration before() {
    return {
        .id = "0001-before",
        .release = "1.0",
        .operations = {
            CreateTable{
                .table = "owners",
                .columns = {{.name = "id", .type = integer(), .primary_key = true}, {.name = "email", .type = text()}}},
            CreateTable{.table = "packages",
                        .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                    {.name = "name", .type = text(), .nullable = false},
                                    {.name = "size", .type = text()},
                                    {.name = "section", .type = text(), .nullable = false, .default_value = "'main'"},
                                    {.name = "owner", .type = integer()}}},
            CreateTable{.table = "visits", .columns = {{.name = "what", .type = text()}}},
            CreateIndex{.name = "packages_by_name", .table = "packages", .columns = {"name"}, .unique = true},
            CreateIndex{.name = "packages_by_size", .table = "packages", .columns = {"size"}},
            CreateView{.name = "sized", .query = "SELECT id, name, size FROM packages WHERE size IS NOT NULL"},
            CreateView{.name = "everything", .query = "SELECT * FROM packages"},
            RawSql{.expand =
                       "CREATE TABLE log (what TEXT);"
                       "CREATE TRIGGER logged AFTER DELETE ON packages BEGIN INSERT INTO log VALUES (OLD.name); END",
                   .undo = "DROP TRIGGER logged; DROP TABLE log"}}};
}

/// packages made anew by hand, with these columns and constraints.
RawSql remade(std::string const& columns) {
    return {.expand =
                "DROP VIEW sized; DROP VIEW everything; DROP TRIGGER logged;"
                "CREATE TABLE packages_new (" +
                columns +
                ");"
                "INSERT INTO packages_new (id, name, size, section, owner) SELECT id, name, size, section, owner FROM "
                "packages;"
                "DROP TABLE packages; ALTER TABLE packages_new RENAME TO packages;"
                "CREATE UNIQUE INDEX packages_by_name ON packages (name);"
                "CREATE INDEX packages_by_size ON packages (size);"
                "CREATE VIEW sized AS SELECT id, name, size FROM packages WHERE size IS NOT NULL;"
                "CREATE TRIGGER logged AFTER DELETE ON packages BEGIN INSERT INTO log VALUES (OLD.name); END",
            .undo = "SELECT 1"};
}

RawSql raw(std::string const& sql) { return {.expand = sql, .undo = "SELECT 1"}; }

struct Planted {
    Operation operation;
    std::string statement;
    IncompatibilityKind kind;
    std::string error;  ///< A part of it.
    std::string release = "1.0";
    std::string phase = "0002-change: expanded";
};

std::string const fitting = "SELECT email FROM owners WHERE id = :id";

void check(Planted const& planted) {
    Plan const plan{"catalogue",
                    {before(), Migration{.id = "0002-change", .release = "2.0", .operations = {planted.operation}}}};
    Compatibility releases{plan};
    releases.statements("1.0", {fitting});
    releases.statements(planted.release, {planted.statement});
    auto const report = releases.check();
    CAPTURE(text_of(report));
    REQUIRE(report.failures.size() == 1);
    auto const& found = report.failures.front();
    CHECK(found.statement == planted.statement);
    CHECK(found.release == planted.release);
    CHECK(name_of(found.kind) == name_of(planted.kind));
    CHECK(found.phases.front() == planted.phase);
    CHECK(found.migration == "0002-change");
    CHECK(found.operation == title(planted.operation));
    CHECK(found.instead != "");
    CHECK_MESSAGE(found.error.find(planted.error) != std::string::npos, found.error);
}

constexpr char const* same_columns =
    "id INTEGER PRIMARY KEY, name TEXT NOT NULL, size TEXT, section TEXT NOT NULL DEFAULT "
    "'main', owner BIGINT";

AddColumn notes() { return {.table = "packages", .column = {.name = "notes", .type = text()}}; }
ChangeType counted() {
    return {.table = "visits",
            .from = "what",
            .to = "count",
            .type = integer(),
            .up = "CAST(what AS INTEGER)",
            .down = "CAST(count AS TEXT)"};
}

}  // namespace

TEST_SUITE_BEGIN("testing/incompatibilities");

TEST_CASE("planted: nothing, so nothing is found, by a table that is made anew as it was") {
    Plan const plan{"catalogue",
                    {before(), Migration{.id = "0002-change", .release = "2.0", .operations = {remade(same_columns)}}}};
    Compatibility releases{plan};
    releases.statements("1.0", {fitting, "SELECT id, name, size, section, owner FROM packages",
                                "INSERT INTO packages (name, size) VALUES (:name, :size)",
                                "UPDATE packages SET size = :size, owner = :owner WHERE id = :id",
                                "DELETE FROM packages WHERE id = :id", "SELECT name FROM sized"});
    EVOLVER_CHECK_COMPATIBLE(releases);
}

TEST_CASE("planted: a column is dropped by hand") {
    check({raw("DROP VIEW sized; DROP INDEX packages_by_size; ALTER TABLE packages DROP COLUMN size"),
           "SELECT size FROM packages", IncompatibilityKind::not_understood, "no such column: size"});
}
TEST_CASE("planted: a dropped column in double quotes is no text") {
    check({raw("DROP VIEW sized; DROP INDEX packages_by_size; ALTER TABLE packages DROP COLUMN size"),
           "SELECT \"size\" FROM packages", IncompatibilityKind::not_understood, "no such column: size"});
}
TEST_CASE("planted: a table is dropped by hand") {
    check({raw("DROP TABLE visits"), "SELECT what FROM visits", IncompatibilityKind::not_understood,
           "no such table: visits"});
}
TEST_CASE("planted: a column is renamed by hand") {
    check({raw("ALTER TABLE packages RENAME COLUMN name TO title"), "UPDATE packages SET name = :name WHERE id = :id",
           IncompatibilityKind::not_understood, "no such column: name"});
}
TEST_CASE("planted: a table is renamed by hand") {
    check({raw("ALTER TABLE visits RENAME TO journal"), "INSERT INTO visits (what) VALUES (?)",
           IncompatibilityKind::not_understood, "no such table: visits"});
}
TEST_CASE("planted: a view is dropped") {
    check({raw("DROP VIEW sized"), "SELECT name FROM sized", IncompatibilityKind::not_understood,
           "no such table: sized"});
}
TEST_CASE("planted: SELECT * gets a column more") {
    check({notes(), "SELECT * FROM packages", IncompatibilityKind::result_columns, "notes"});
}
TEST_CASE("planted: INSERT without columns gives a value too few") {
    check({notes(), "INSERT INTO packages VALUES (?, ?, ?, ?, ?)", IncompatibilityKind::not_understood,
           "has 6 columns but 5 values"});
}
TEST_CASE("planted: a view that says SELECT * shows a column more") {
    check({notes(), "SELECT * FROM everything", IncompatibilityKind::result_columns, "notes"});
}
TEST_CASE("planted: a new column that is NOT NULL has no default") {
    check({remade(std::string{same_columns} + ", arch TEXT NOT NULL DEFAULT ''") /* the copy needs one */,
           "INSERT OR REPLACE INTO packages (id, name) VALUES (:id, :name)", IncompatibilityKind::replaces_row,
           "packages.arch has its default again"});
    check({raw("CREATE TABLE visits_new (what TEXT, who TEXT NOT NULL); DROP TABLE visits; ALTER TABLE visits_new "
               "RENAME TO visits"),
           "INSERT INTO visits (what) VALUES (:what)", IncompatibilityKind::left_out, "visits.who"});
}
TEST_CASE("planted: a column that accepted NULL does not") {
    check({raw("UPDATE visits SET what = '' WHERE what IS NULL; CREATE TABLE visits_new (what TEXT NOT NULL);"
               "INSERT INTO visits_new SELECT what FROM visits; DROP TABLE visits; ALTER TABLE visits_new RENAME TO "
               "visits"),
           "INSERT INTO visits (what) VALUES (:what)", IncompatibilityKind::constraint, "NOT NULL on what"});
}
TEST_CASE("planted: a unique index is made while old programs repeat values") {
    check({CreateIndex{.name = "owners_by_email", .table = "owners", .columns = {"email"}, .unique = true},
           "UPDATE owners SET email = :email WHERE id = :id", IncompatibilityKind::constraint, "owners_by_email"});
}
TEST_CASE("planted: a CHECK that the old release does not know") {
    check({remade(std::string{same_columns} + ", CHECK (section <> '')"),
           "UPDATE packages SET section = :section WHERE id = :id", IncompatibilityKind::constraint,
           "CHECK (section <> '')"});
}
TEST_CASE("planted: a UNIQUE in the table that the old release does not know") {
    check({remade(std::string{same_columns} + ", UNIQUE (owner, size)"),
           "INSERT INTO packages (name, size, owner) VALUES (:name, :size, :owner)", IncompatibilityKind::constraint,
           "UNIQUE (owner, size)"});
}
TEST_CASE("planted: a foreign key that the old release does not know") {
    check({remade(std::string{same_columns} + " REFERENCES owners (id)"),
           "INSERT INTO packages (name, owner) VALUES (:name, :owner)", IncompatibilityKind::constraint,
           "a foreign key (owner) to owners"});
}
TEST_CASE("planted: a column stores numbers where it stored texts") {
    check(
        {remade("id INTEGER PRIMARY KEY, name TEXT NOT NULL, size INTEGER, section TEXT NOT NULL DEFAULT 'main', owner "
                "BIGINT"),
         "UPDATE packages SET size = :size WHERE id = :id", IncompatibilityKind::affinity, "declared INTEGER now"});
}
TEST_CASE("planted: a column compares by another collation") {
    check({remade("id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, size TEXT, section TEXT NOT NULL DEFAULT "
                  "'main', owner BIGINT"),
           "SELECT id FROM packages WHERE name = :name", IncompatibilityKind::collation, "compares by NOCASE now"});
}
TEST_CASE("planted: a column has another default") {
    check({remade("id INTEGER PRIMARY KEY, name TEXT NOT NULL, size TEXT, section TEXT NOT NULL DEFAULT 'other', owner "
                  "BIGINT"),
           "INSERT INTO packages (name) VALUES (:name)", IncompatibilityKind::default_value,
           "whose default is 'other' now"});
}
TEST_CASE("planted: REPLACE loses a column that only the new release knows") {
    check({notes(), "REPLACE INTO packages (id, name) VALUES (:id, :name)", IncompatibilityKind::replaces_row,
           "packages.notes has its default again"});
    check({notes(), "INSERT OR REPLACE INTO packages (id, name) VALUES (:id, :name)", IncompatibilityKind::replaces_row,
           "packages.notes has its default again"});
}
TEST_CASE("planted: a column becomes a computed one") {
    check({raw("DROP VIEW sized; DROP VIEW everything; DROP INDEX packages_by_size;"
               "ALTER TABLE packages DROP COLUMN size; ALTER TABLE packages ADD COLUMN size TEXT AS (name || '')"),
           "INSERT INTO packages (name, size) VALUES (:name, :size)", IncompatibilityKind::not_understood,
           "cannot INSERT into generated column"});
}
TEST_CASE("planted: an upsert's unique index is gone") {
    check({raw("DROP INDEX packages_by_name"),
           "INSERT INTO packages (name) VALUES (:name) ON CONFLICT (name) DO UPDATE SET size = NULL",
           IncompatibilityKind::not_understood, "ON CONFLICT clause does not match"});
}
TEST_CASE("planted: an index that a statement names is gone") {
    check({raw("DROP INDEX packages_by_size"),
           "SELECT name FROM packages INDEXED BY packages_by_size WHERE size = :size",
           IncompatibilityKind::not_understood, "no such index: packages_by_size"});
}
TEST_CASE("planted: the rowid is gone") {
    check({raw("CREATE TABLE visits_new (what TEXT PRIMARY KEY) WITHOUT ROWID; INSERT OR IGNORE INTO visits_new SELECT "
               "what FROM "
               "visits WHERE what IS NOT NULL; DROP TABLE visits; ALTER TABLE visits_new RENAME TO visits"),
           "SELECT rowid FROM visits", IncompatibilityKind::not_understood, "no such column: rowid"});
}
TEST_CASE("planted: a trigger refuses what the old release writes") {
    check({raw("CREATE TRIGGER strict BEFORE UPDATE OF size ON packages BEGIN SELECT RAISE(ABORT, 'use size_bytes'); "
               "END"),
           "UPDATE packages SET size = :size WHERE id = :id", IncompatibilityKind::refused, "use size_bytes"});
}
TEST_CASE("planted: a trigger writes something else than the old release") {
    check({raw("CREATE TRIGGER lower_names AFTER UPDATE OF section ON packages BEGIN UPDATE packages SET section = 'x' "
               "WHERE id = NEW.id; END"),
           "UPDATE packages SET section = :section WHERE id = :id", IncompatibilityKind::other_rows,
           "it leaves other rows in packages"});
}
TEST_CASE("planted: a trigger that the old release relies on is gone") {
    check({raw("DROP TRIGGER logged; CREATE TRIGGER keep BEFORE DELETE ON packages BEGIN SELECT RAISE(IGNORE); END"),
           "DELETE FROM packages WHERE id = :id", IncompatibilityKind::other_rows, "packages"});
}
TEST_CASE("planted: a view shows other rows") {
    check({raw("DROP VIEW sized; CREATE VIEW sized AS SELECT id, name, size FROM packages WHERE size IS NULL"),
           "SELECT name FROM sized", IncompatibilityKind::other_rows, "returns 1 row, and 2 on its own schema"});
}
TEST_CASE("planted: rows are changed in place") {
    check({raw("UPDATE packages SET section = 'universe'"), "SELECT count(*) FROM packages WHERE section = 'universe'",
           IncompatibilityKind::other_rows, "of 1 row that it returns"});
}
TEST_CASE("planted: a new column is read by hand before it is filled") {
    check({counted(), "SELECT count FROM visits WHERE rowid = :id", IncompatibilityKind::unfilled, "visits.count",
           "2.0"});
    check({counted(), "UPDATE visits SET count = count + 1 WHERE rowid = :id", IncompatibilityKind::unfilled,
           "visits.count", "2.0"});
}
TEST_CASE("planted: a new name is written by hand while it is the second of two") {
    check({RenameColumn{.table = "packages", .from = "name", .to = "title"},
           "UPDATE packages SET title = :title WHERE id = :id", IncompatibilityKind::not_understood,
           "cannot UPDATE generated column", "2.0"});
}
TEST_CASE("planted: a new table's name is used by hand before contract") {
    check({RenameTable{.from = "visits", .to = "journal"}, "SELECT what FROM journal",
           IncompatibilityKind::not_understood, "no such table: journal", "2.0"});
}
TEST_CASE("planted: a statement that does not fit its own release") {
    Compatibility releases{Plan{"catalogue", {before()}}};
    releases.statements("1.0", {"SELECT sise FROM packages", fitting});
    auto const report = releases.check();
    REQUIRE(report.failures.size() == 1);
    CHECK(report.failures[0].kind == IncompatibilityKind::not_its_own);
    CHECK(report.failures[0].statement == "SELECT sise FROM packages");
    CHECK(report.failures[0].error == "no such column: sise");
}
