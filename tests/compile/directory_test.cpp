#include "evolver/compile/directory.hpp"

#include "evolver/operation/effect.hpp"
#include "evolver/operation/raw_sql.hpp"
#include "support/rollout.hpp"
#include "support/sql_folder.hpp"

#include <doctest/doctest.h>

#include <string>
#include <variant>
#include <vector>

using namespace evolver;
using namespace evolver::support;

namespace {

RawSql const& sql_of(Plan const& plan, std::size_t position) {
    return std::get<RawSql>(plan.migrations()[position].operations.front());
}

std::string text(std::optional<Expression> const& expression) {
    return expression ? expression->text(Engine::sqlite) : "none";
}

std::string refusal(SqlFolder const& folder, DirectoryOptions const& options = {}) {
    try {
        (void)Plan::from_directory(folder.path(), options);
        return "nothing was refused";
    } catch (Error const& error) {
        return error.what();
    }
}

bool says(std::string const& text, std::string_view words) { return text.find(words) != std::string::npos; }

std::vector<std::string> releases(Plan const& plan) {
    std::vector<std::string> names;
    for (auto const& migration : plan.migrations()) names.push_back(migration.release.text());
    return names;
}

std::vector<std::string> ids(Plan const& plan) {
    std::vector<std::string> names;
    for (auto const& migration : plan.migrations()) names.push_back(migration.id.text());
    return names;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_SUITE_BEGIN("compile/directory");

TEST_CASE("from_directory: each number is a migration with its way up at expand and its way down as undo") {
    SqlFolder folder;
    folder.write("1_tables.up.sql", "CREATE TABLE t (a);\n").write("1_tables.down.sql", "DROP TABLE t;\n");
    folder.write("2_more.up.sql", "ALTER TABLE t ADD COLUMN b;");
    auto const plan = Plan::from_directory(folder.path());
    CHECK(plan.name() == "catalogue");
    REQUIRE(plan.migrations().size() == 2);
    CHECK(plan.migrations()[0].id.text() == "1_tables");
    CHECK(plan.migrations()[0].summary == "tables");
    CHECK(text(sql_of(plan, 0).expand) == "CREATE TABLE t (a);\n");
    CHECK(text(sql_of(plan, 0).undo) == "DROP TABLE t;\n");
    CHECK(text(sql_of(plan, 0).contract) == "none");
    CHECK(text(sql_of(plan, 1).undo) == "none");
}

TEST_CASE("from_directory: evolver's own files run each in its phase") {
    SqlFolder folder;
    folder.write("0001_x.expand.sql", "CREATE TABLE t (a)").write("0001_x.backfill.sql", "INSERT INTO t VALUES (1);");
    folder.write("0001_x.rollback.sql", "DROP TABLE t;").write("0001_x.contract.sql", "CREATE INDEX i ON t (a);");
    folder.write("0001_x.verify.sql", "-- which rows?\nSELECT a FROM t WHERE a IS NULL;\n");
    auto const plan = Plan::from_directory(folder.path());
    auto const& sql = sql_of(plan, 0);
    CHECK(text(sql.expand) == "CREATE TABLE t (a)\n;\nINSERT INTO t VALUES (1);\n");
    CHECK(text(sql.contract) == "CREATE INDEX i ON t (a);\n");
    CHECK(text(sql.undo) == "DROP TABLE t;\n");
    CHECK(text(sql.verify) == "SELECT a FROM t WHERE a IS NULL");

    auto const database = sqlite::Connection::in_memory();
    Rollout rollout{plan, database};
    (void)rollout.expand();
    database.run("INSERT INTO t VALUES (NULL)");
    CHECK_THROWS_WITH_AS((void)rollout.contract(), doctest::Contains("its verify query finds rows"), Error);
    database.run("DELETE FROM t WHERE a IS NULL");
    (void)rollout.contract();
    CHECK(database.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'i'") == 1);
}

TEST_CASE("from_directory: verify is one query") {
    SqlFolder folder;
    folder.write("1_x.contract.sql", "DROP TABLE t;").write("1_x.verify.sql", "SELECT 1; SELECT 2;");
    CHECK(says(refusal(folder), "1_x.verify.sql has to be one query"));
}

TEST_CASE("from_directory: without a name for releases each migration is one by its number") {
    SqlFolder folder;
    folder.write("0001_a.sql", "SELECT 1;").write("0002_b.sql", "SELECT 1;");
    CHECK(releases(Plan::from_directory(folder.path())) == Lines{"0001", "0002"});
    CHECK(releases(Plan::from_directory(folder.path(), {.release = "2.5"})) == Lines{"2.5", "2.5"});
    CHECK(releases(Plan::from_directory(folder.path(), {.releases = {{.from = "0002_b", .release = "3.0"}}})) ==
          Lines{"0001", "3.0"});
}

TEST_CASE("from_directory: a version folder is a release") {
    SqlFolder folder;
    folder.write("0.9/01__a.sql", "SELECT 1;").write("0.9/02__b.sql", "SELECT 1;").write("0.10/01__c.sql", "SELECT 1;");
    auto const plan = Plan::from_directory(folder.path());
    CHECK(releases(plan) == Lines{"0.9", "0.9", "0.10"});
    CHECK(plan.migrations()[2].id.text() == "0.10/01__c");
}

TEST_CASE("from_directory: a release that starts nowhere or out of order is refused") {
    SqlFolder folder;
    folder.write("1_a.sql", "SELECT 1;").write("2_b.sql", "SELECT 1;");
    CHECK(says(refusal(folder, {.releases = {{.from = "2_c", .release = "2.0"}}}), "no migration has that id"));
    CHECK(says(refusal(folder, {.releases = {{.from = "2_b", .release = "2.0"}, {.from = "1_a", .release = "3.0"}}}),
               "Release 3.0 starts before the release that is named before it"));
    CHECK(says(refusal(folder, {.release = "1.0", .releases = {{.from = "2_b", .release = "2.0"}}}),
               "give one of .release and .releases"));
}

TEST_CASE("from_directory: line ends and a byte order mark do not count but every other byte does") {
    SqlFolder unix_ends;
    unix_ends.write("1_a.sql", "CREATE TABLE t (a);\n-- word\n");
    SqlFolder other_ends;
    other_ends.write("1_a.sql",
                     "\xEF\xBB\xBF"
                     "CREATE TABLE t (a);\r\n-- word\r\n");
    SqlFolder edited;
    edited.write("1_a.sql", "CREATE TABLE t (a);\n-- worD\n");
    auto const digest = Plan::from_directory(unix_ends.path()).digest();
    CHECK(Plan::from_directory(other_ends.path()).digest() == digest);
    CHECK(Plan::from_directory(edited.path()).digest() != digest);
}

TEST_CASE("from_files: texts in the program make the plan that the folder makes") {
    SqlFolder folder;
    folder.write("1_a.sql", "CREATE TABLE t (a);\n").write("2_b.sql", "SELECT 1;");
    std::vector<SqlFile> const files{{"2_b.sql", "SELECT 1;"}, {"1_a.sql", "CREATE TABLE t (a);\n"}};
    CHECK(Plan::from_files(files, {.name = "catalogue"}).digest() == Plan::from_directory(folder.path()).digest());
    CHECK_THROWS_WITH_AS((void)Plan::from_files(files, {}), doctest::Contains("give DirectoryOptions::name"),
                         PlanError);
}

TEST_CASE("from_files: the folder of the engine is found and files are left out as in a folder") {
    std::vector<SqlFile> const files{
        {"sqlite/1_a.sql", "SELECT 1;\r\n"}, {"sqlite/LATEST.sql", ""}, {"mysql/1_a.sql", ""}};
    CHECK(ids(Plan::from_files(files, {.name = "p", .leave_out = {"sqlite/LATEST.sql"}})) == Lines{"1_a"});
}

TEST_CASE("from_directory: a no-op is called one and leads back by itself") {
    SqlFolder folder;
    folder.write("1_a.sql", "-- nothing to do on this engine\n").write("2_b.sql", "");
    auto const read = read_directory(folder.path());
    REQUIRE(read.notes.size() == 2);
    CHECK(read.notes[0] == "1_a.sql: is a no-op: it holds only comments");
    CHECK(read.notes[1] == "2_b.sql: is a no-op: it holds only comments");
    auto const database = sqlite::Connection::in_memory();
    Rollout rollout{read.plan, database};
    (void)rollout.expand();
    (void)rollout.expand();
    (void)rollout.undo();
    (void)rollout.undo();
}

TEST_CASE("from_directory: a way down of comments alone is none") {
    SqlFolder folder;
    folder.write("1_a.sql", "-- migrate:up\nCREATE TABLE t (a);\n-- migrate:down\n-- cannot be undone\n");
    auto const read = read_directory(folder.path());
    CHECK(text(sql_of(read.plan, 0).undo) == "none");
    REQUIRE(read.notes.size() == 1);
    CHECK(read.notes[0] == "1_a.sql: holds only comments: there is no way back");
}

TEST_CASE("from_directory: notes name the file and the line of what was taken out") {
    SqlFolder folder;
    folder.write("1_a.sql",
                 "-- +goose Up\nBEGIN;\nCREATE TABLE t (a);\nCOMMIT;\n-- +goose Down\nBEGIN; DROP TABLE t; COMMIT;\n");
    auto const read = read_directory(folder.path());
    CHECK(text(sql_of(read.plan, 0).expand) == "\nCREATE TABLE t (a);\n\n");
    REQUIRE(read.notes.size() == 4);
    CHECK(says(read.notes[0], "1_a.sql: line 2: BEGIN is left out"));
    CHECK(says(read.notes[2], "1_a.sql: line 6: BEGIN is left out"));
}

TEST_CASE("from_directory: a refused statement is named by file and line") {
    SqlFolder folder;
    folder.write("1_a.sql", "-- migrate:up\nSELECT 1;\n\nVACUUM;\n");
    CHECK(says(refusal(folder), "1_a.sql:4: VACUUM cannot run inside a transaction"));
}

TEST_CASE("from_directory: a file can wait for contract and then has no way back") {
    SqlFolder folder;
    folder.write("1_a.sql", "CREATE TABLE t (a);").write("2_b.sql", "DROP TABLE t;").write("2_b.down.sql", "SELECT 1;");
    auto const read = read_directory(folder.path(), {.at_contract = {"2_b"}});
    CHECK(text(sql_of(read.plan, 1).expand) == "none");
    CHECK(text(sql_of(read.plan, 1).contract) == "DROP TABLE t;\n");
    REQUIRE(read.notes.size() == 1);
    CHECK(says(read.notes[0], "2_b.down.sql: has no effect"));
    CHECK(says(refusal(folder, {.at_contract = {"3_c"}}), "at_contract names \"3_c\", and no migration has that id"));
}

TEST_CASE("from_directory: the folder of the engine is found or named") {
    SqlFolder folder;
    folder.write("sqlite/1_a.sql", "SELECT 1;").write("postgres/1_a.sql", "SELECT now();").write("README.md", "");
    CHECK(ids(Plan::from_directory(folder.path())) == Lines{"1_a"});
    folder.write("sqlite3/1_a.sql", "SELECT 2;");
    CHECK(says(refusal(folder), "There are two folders for SQLite: sqlite and sqlite3"));
    CHECK(text(sql_of(Plan::from_directory(folder.path(), {.engine_folder = "sqlite3"}), 0).expand) == "SELECT 2;\n");
    CHECK(says(refusal(folder, {.engine_folder = "lite"}), "There is no folder \"lite\" with files in it"));
}

TEST_CASE("from_directory: files that are no migrations are left out by name and never by chance") {
    SqlFolder folder;
    folder.write("sqlite/1_a.sql", "SELECT 1;").write("sqlite/LATEST.sql", "CREATE TABLE t (a);");
    CHECK(says(refusal(folder), "LATEST.sql has no number"));
    auto const plan = Plan::from_directory(folder.path(), {.leave_out = {"sqlite/LATEST.sql"}});
    CHECK(plan.migrations().size() == 1);
    CHECK(says(refusal(folder, {.leave_out = {"sqlite/LATEST.sql", "seed/"}}), "There is no file or folder \"seed\""));
}

TEST_CASE("from_directory: a migration in another language is refused and not passed over") {
    SqlFolder folder;
    folder.write("1_a.sql", "SELECT 1;").write("00002_rows.go", "package main").write("embed.go", "package main");
    CHECK(says(refusal(folder), "00002_rows.go is named like a migration and is no SQL"));
    CHECK(ids(Plan::from_directory(folder.path(), {.leave_out = {"00002_rows.go"}})) == Lines{"1_a"});
}

TEST_CASE("from_directory: a folder that is not there or empty is refused") {
    SqlFolder folder;
    CHECK(says(refusal(folder), "holds no SQL file"));
    CHECK_THROWS_WITH_AS((void)Plan::from_directory(folder.path() + "/nowhere"),
                         doctest::Contains("There is no folder"), PlanError);
}

TEST_SUITE_END();
