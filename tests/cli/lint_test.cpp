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

TEST_SUITE_END();
