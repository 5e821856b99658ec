// Rules about what goes: tables and columns, constraints, indexes.

#include "support/linted.hpp"

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("compile/lint");

TEST_CASE("drop-table-in-use: a table with rows is an error and says how many") {
    auto const findings = linted({DropTable{.table = "packages"}});
    CHECK(found(findings, "drop-table-in-use") == "error packages");
    CHECK(missing(words(findings, "drop-table-in-use"), {"its 3 rows", "\"packages\""}) == "");
}

TEST_CASE("drop-table-in-use: an empty table goes in silence and one of unknown rows is a warning") {
    CHECK(found(linted({DropTable{.table = "packages"}}, ""), "drop-table-in-use") == "");
    CHECK(found(linted_alone({DropTable{.table = "packages"}}), "drop-table-in-use") == "warning packages");
}

TEST_CASE("drop-table-in-use: SQL of one's own that drops a table is found by what it does") {
    auto const findings = linted({raw("/* DROP TABLE nothing */ DROP TABLE packages")});
    CHECK(found(findings, "drop-table-in-use") == "error packages");
    CHECK(found(linted({raw("SELECT 'DROP TABLE packages'")}), "drop-table-in-use") == "");
}

TEST_CASE("drop-column-in-use: a column with values is an error and says how many") {
    auto const findings = linted({DropColumn{.table = "packages", .column = "size"}});
    CHECK(found(findings, "drop-column-in-use") == "error packages.size");
    CHECK(missing(words(findings, "drop-column-in-use"), {"2 values"}) == "");
}

TEST_CASE("drop-column-in-use: a column without values goes in silence") {
    CHECK(found(linted({DropColumn{.table = "packages", .column = "size"}},
                       "INSERT INTO packages (name) VALUES ('bash')"),
                "drop-column-in-use") == "");
    CHECK(found(linted_alone({DropColumn{.table = "packages", .column = "size"}}), "drop-column-in-use") ==
          "warning packages.size");
}

TEST_CASE("drop-column-in-use: SQL of one's own that rebuilds a table without a column is found") {
    auto const findings =
        linted({raw("CREATE TABLE n (id INTEGER PRIMARY KEY, name TEXT NOT NULL, section TEXT NOT NULL "
                    "DEFAULT 'main'); INSERT INTO n SELECT id, name, section FROM packages; DROP TABLE "
                    "packages; ALTER TABLE n RENAME TO packages")});
    CHECK(found(findings, "drop-column-in-use") == "error packages.size");
    CHECK(found(findings, "drop-table-in-use") == "");
}

TEST_SUITE_END();
