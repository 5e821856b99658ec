// Findings where they belong: in the file and the line of the statement, in the form that a pull request shows.

#include "support/application.hpp"
#include "support/command.hpp"
#include "support/sql_folder.hpp"

#include <fstream>

using namespace evolver;
using namespace evolver::testing;

namespace {

/// The second migration drops a column in its third line.
support::SqlFolder const& with_a_hazard(support::SqlFolder& folder) {
    folder.write("0001_packages.expand.sql",
                 "CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size TEXT);\n");
    folder.write("0001_packages.rollback.sql", "DROP TABLE packages;\n");
    folder.write(
        "0002_no_size.expand.sql",
        "-- it is not needed\nCREATE TABLE sizes (id INTEGER PRIMARY KEY);\nALTER TABLE packages DROP COLUMN size;\n");
    folder.write("0002_no_size.rollback.sql", "DROP TABLE sizes; ALTER TABLE packages ADD COLUMN size TEXT;\n");
    return folder;
}

}  // namespace

TEST_SUITE_BEGIN("cli/lint");

TEST_CASE("lint: a finding points at the line of the statement that it is about") {
    support::SqlFolder folder;
    with_a_hazard(folder);
    Command const command;
    auto const told = command("--migrations " + folder.path() + " lint");
    CHECK(told.code == 1);
    CHECK(has(told.out, folder.path() + "/0002_no_size.expand.sql:3: warning drop-column-in-use"));
    auto const json = command("--json --migrations " + folder.path() + " lint");
    CHECK(has(json.out, "\"file\":\"" + folder.path() + "/0002_no_size.expand.sql\",\"line\":3}"));
}

TEST_CASE("lint: a finding in a folder of SQL says the option that accepts it, and with that it is gone") {
    support::SqlFolder folder;
    with_a_hazard(folder);
    Command const command;
    auto const lint = "--migrations " + folder.path() + " lint";
    auto const option = std::string{"--accept-finding '0002_no_size drop-column-in-use packages.size=why'"};
    auto const told = command(lint);
    CAPTURE(told.out);
    CHECK(has(told.out, option));
    CHECK_FALSE(has(told.out, ".accept"));
    auto const accepted = command(option + " " + lint);
    CHECK_FALSE(has(accepted.out, "drop-column-in-use"));
    CHECK(command("--accept-finding '0009_x drop-index a=why' " + lint).code == 65);
    CHECK(command("--accept-finding 'drop-index a=why' " + lint).code == 64);
}

TEST_CASE("expand: says that old releases go on working only where no migration breaks them, and so does the runbook") {
    support::SqlFolder folder;
    with_a_hazard(folder);
    Folder const place;
    Command command;
    command.always("--migrations " + folder.path() + " --database " + place.database());
    REQUIRE(command("--release-start 0001_packages=1.0 --release-start 0002_no_size=2.0 --release 1.0 expand --create")
                .code == 0);
    auto const whole = std::string{"--release-start 0001_packages=1.0 --release-start 0002_no_size=2.0 "};
    CHECK(has(command(whole + "runbook").out, "**Older releases do not all go on working**"));
    auto const told = command(whole + "expand");
    CHECK(told.code == 0);
    CHECK(has(told.error, "breaks older releases at expand"));
    CHECK_FALSE(has(told.out, "go on working"));
}

TEST_CASE("lint: a new table that is filled once from one in use is told, unless triggers go on filling it") {
    support::SqlFolder folder;
    folder.write("0001_a.expand.sql", "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, fax TEXT);\n");
    folder.write("0001_a.rollback.sql", "DROP TABLE customers;\n");
    folder.write("0002_b.expand.sql", "CREATE TABLE faxes (id INTEGER PRIMARY KEY, fax TEXT);\n");
    folder.write("0002_b.backfill.sql", "INSERT OR IGNORE INTO faxes SELECT id, fax FROM customers;\n");
    folder.write("0002_b.rollback.sql", "DROP TABLE faxes;\n");
    Command const command;
    CHECK(has(command("--migrations " + folder.path() + " lint").out, "fills the new table faxes from customers once"));
    folder.write(
        "0002_b.expand.sql",
        "CREATE TABLE faxes (id INTEGER PRIMARY KEY, fax TEXT);\n"
        "CREATE TRIGGER f AFTER UPDATE ON customers BEGIN REPLACE INTO faxes VALUES (NEW.id, NEW.fax); END;\n");
    folder.write("0002_b.rollback.sql", "DROP TRIGGER f; DROP TABLE faxes;\n");
    CHECK_FALSE(has(command("--migrations " + folder.path() + " lint").out, "backfill-write-gap"));
}

TEST_CASE("lint: annotations are one command each, with what would end them written as a code") {
    support::SqlFolder folder;
    with_a_hazard(folder);
    Command const command;
    auto const told = command("--migrations " + folder.path() + " lint --format github");
    CHECK(told.code == 1);
    CHECK(has(told.out, "::warning file=" + folder.path() +
                            "/0002_no_size.expand.sql,line=3,title=drop-column-in-use packages.size::"));
    std::istringstream lines{told.out};
    for (std::string line; std::getline(lines, line);) CHECK(line.starts_with("::"));
    CHECK(has(told.out, "%0Awhy: "));
}

TEST_CASE("lint: the report for GitLab is one array, and a finding keeps its fingerprint when lines move") {
    support::SqlFolder folder;
    with_a_hazard(folder);
    Command const command;
    auto const words = "--migrations " + folder.path() + " lint --format gitlab";
    auto const first = command(words).out;
    CHECK(first.starts_with("[{"));
    CHECK(has(first, "\"lines\":{\"begin\":3}"));
    auto const print = first.substr(first.find("\"fingerprint\":\""), 47);
    folder.write("0002_no_size.expand.sql",
                 "-- it is not\n-- needed\nCREATE TABLE sizes (id INTEGER PRIMARY KEY);\nALTER TABLE packages DROP "
                 "COLUMN size;\n");
    auto const second = command(words).out;
    CHECK(has(second, "\"lines\":{\"begin\":4}"));
    CHECK(has(second, print));
}

TEST_CASE("lint: a plan in C++ is pointed at by the ids in its files") {
    Folder const folder;
    std::ofstream{folder.file("plan.cpp")}
        << "// the plan\nMigration{.id = \"0001-packages\"},\nMigration{.id = \"0002-no-size\"}\n";
    Command const command{Plan{
        "catalogue",
        {packages_migration(),
         {.id = "0002-no-size", .release = "2.0", .operations = {DropColumn{.table = "packages", .column = "size"}}}}}};
    auto const told = command("lint --format github --source " + folder.file("plan.cpp"));
    CHECK(has(told.out, "file=" + folder.file("plan.cpp") + ",line=3,"));
    CHECK(command("lint --source " + folder.file("none.cpp")).code == 65);
}

TEST_CASE("lint: what is severe enough ends it with 1, and rules have pages") {
    support::SqlFolder folder;
    folder.write("0001_packages.sql", "CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n");
    Command const command;
    auto const lint = "--migrations " + folder.path() + " lint";
    auto const told = command(lint);
    CHECK(has(told.out, "0 errors, 1 warning"));  // no way back
    CHECK(told.code == 1);
    CHECK(command(lint + " --fail-on error").code == 0);
    CHECK(command(lint + " --fail-on none").code == 0);
    CHECK(command(lint + " --rules").code == 0);
    CHECK(has(command(lint + " --explain irreversible-undeclared").out, "irreversible-undeclared"));
    auto const unknown = command(lint + " --explain irreversible");
    CHECK(unknown.code == 64);
    CHECK(has(unknown.error, "There is no rule \"irreversible\"."));
}

TEST_CASE("lint: a finding points at the statement that does it, in the part that it stands in") {
    support::SqlFolder folder;
    folder.write("0001_packages.expand.sql",
                 "CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size TEXT);\n");
    folder.write("0001_packages.rollback.sql", "DROP TABLE packages;\n");
    folder.write(
        "0002_bytes.expand.sql",
        "ALTER TABLE packages ADD COLUMN bytes INTEGER;\n"
        "CREATE TABLE seen (size TEXT);\n"
        "CREATE TRIGGER look AFTER INSERT ON packages BEGIN INSERT INTO seen SELECT size FROM packages; END;\n");
    folder.write("0002_bytes.backfill.sql", "-- all of them\nUPDATE packages SET bytes = size;\n");
    folder.write("0002_bytes.contract.sql",
                 "DROP TRIGGER look;\nALTER TABLE packages DROP COLUMN size;\n"
                 "CREATE INDEX packages_name ON packages (name);\n");
    folder.write("0002_bytes.rollback.sql",
                 "DROP TRIGGER look;\nDROP TABLE seen;\nALTER TABLE packages DROP COLUMN bytes;\n");
    folder.write("0003_name.expand.sql",
                 "CREATE TABLE other (name TEXT);\n"
                 "CREATE UNIQUE INDEX \"by name\" ON packages (name);\n");
    folder.write("0003_name.rollback.sql", "DROP TABLE other; DROP INDEX \"by name\";\n");
    Command const command;
    auto const told = command("--migrations " + folder.path() + " lint").out;
    CAPTURE(told);
    CHECK(has(told, folder.path() + "/0002_bytes.contract.sql:2: warning drop-column-in-use"));
    CHECK(has(told, folder.path() + "/0002_bytes.backfill.sql:2: warning backfill-unbounded"));
    CHECK(has(told, folder.path() + "/0003_name.expand.sql:2: error unique-on-existing"));
}

TEST_CASE("lint: a gap that a fill leaves is pointed at by the fill, and a lost column by the rebuild that loses it") {
    support::SqlFolder folder;
    folder.write("0001_packages.expand.sql", "CREATE TABLE packages (id INTEGER PRIMARY KEY, size TEXT, old TEXT);\n");
    folder.write("0001_packages.rollback.sql", "DROP TABLE packages;\n");
    folder.write("0002_bytes.expand.sql",
                 "CREATE VIEW olds AS SELECT old FROM packages;\nDROP VIEW olds;\n"
                 "CREATE TABLE new_packages (id INTEGER PRIMARY KEY, size TEXT, bytes INTEGER);\n"
                 "INSERT INTO new_packages SELECT id, size, NULL FROM packages;\n"
                 "DROP TABLE packages;\nALTER TABLE new_packages RENAME TO packages;\n"
                 "UPDATE packages SET bytes = size;\n");
    folder.write("0002_bytes.rollback.sql", "ALTER TABLE packages DROP COLUMN bytes;\n");
    Command const command;
    auto const told = command("--migrations " + folder.path() + " lint").out;
    CAPTURE(told);
    CHECK(has(told, "0002_bytes.expand.sql:5: warning drop-column-in-use"));
    CHECK(has(told, "0002_bytes.expand.sql:7: warning backfill-write-gap"));
}

TEST_CASE("lint: SQL that fails on the rows of the database ends it with 1, at the line of the statement") {
    support::SqlFolder folder;
    folder.write("0001_packages.up.sql",
                 "CREATE TABLE packages (name TEXT);\nINSERT INTO packages VALUES ('a'), ('a');\n");
    folder.write("0001_packages.down.sql", "DROP TABLE packages;\n");
    Folder const place;
    Command const command;
    auto const words = "--migrations " + folder.path() + " -d " + place.file("a.db") + " ";
    REQUIRE(command(words + "expand --create").code == 0);
    folder.write("0002_name.up.sql",
                 "CREATE TABLE other (name TEXT);\nCREATE UNIQUE INDEX by_name\n  ON packages (name);\n");
    folder.write("0002_name.down.sql", "DROP TABLE other;\nDROP INDEX by_name;\n");
    auto const told = command(words + "lint");
    CAPTURE(told.out);
    CHECK(told.code == 1);
    CHECK(has(told.out, "0002_name.up.sql:2: error fails-on-rows"));
    CHECK(has(told.out, "UNIQUE constraint failed: packages.name, in: CREATE UNIQUE INDEX by_name ON packages (name)"));
}

TEST_SUITE_END();
