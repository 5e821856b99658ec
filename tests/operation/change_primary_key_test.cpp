#include "evolver/operation/change_primary_key.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/change_primary_key");

namespace {

ChangePrimaryKey by_name_and_section() {
    return {.table = "packages", .name = "packages_key", .columns = {"name", "section"}};
}

}  // namespace

TEST_CASE("ChangePrimaryKey: contract makes the table anew with the new key, golden") {
    check({.golden = "change_primary_key",
           .before = {packages(), CreateIndex{.name = "by_section", .table = "packages", .columns = {"section"}},
                      RawSql{.expand = "CREATE VIEW names AS SELECT name FROM packages", .undo = "DROP VIEW names"}},
           .rows = package_rows,
           .operation = by_name_and_section(),
           .look = "SELECT group_concat(id || name || section || rowid) || (SELECT group_concat(name) FROM names) || "
                   "(SELECT group_concat(name || pk) FROM pragma_table_info('packages') WHERE pk > 0) FROM packages",
           .expected = "'1bashmain1,2vimmain2,3zshmain3bash,vim,zshname1,section2'"});
}

TEST_CASE("ChangePrimaryKey: a table without a key gets one, and names that need quotes work") {
    check({.golden = {},
           .before = {CreateTable{.table = "Order \"2\"",
                                  .columns = {{.name = "select", .type = text(), .nullable = false},
                                              {.name = "Größe in B", .type = text()}}}},
           .rows = R"(INSERT INTO "Order ""2""" VALUES ('a', '1'), ('b', NULL))",
           .operation = ChangePrimaryKey{.table = "Order \"2\"", .name = "the \"key\"", .columns = {"select"}},
           .look = R"(SELECT group_concat("select" || rowid) FROM "Order ""2""")",
           .expected = "'a1,b2'"});
}

TEST_CASE("ChangePrimaryKey: a table WITHOUT ROWID is sorted anew") {
    auto table = packages();
    table.without_rowid = true;
    check({.golden = {},
           .before = {table},
           .rows = package_rows,
           .operation = by_name_and_section(),
           .look = "SELECT group_concat(name) FROM (SELECT name FROM packages)",
           .expected = "'bash,vim,zsh'"});
}

TEST_CASE("ChangePrimaryKey: AUTOINCREMENT ends with its key, and leaves no counter behind") {
    auto table = packages();
    table.autoincrement = true;
    check({.golden = {},
           .before = {table},
           .rows = package_rows,
           .operation = by_name_and_section(),
           .look = "SELECT count(*) FROM sqlite_sequence",
           .expected = "0"});
}

TEST_CASE("ChangePrimaryKey: an index that begins with its columns serves, and stays") {
    check({.golden = {},
           .before = {packages(),
                      CreateIndex{.name = "by_name", .table = "packages", .columns = {"name", "section", "size"}}},
           .rows = package_rows,
           .operation = by_name_and_section(),
           .look = "SELECT group_concat(name) FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
           .expected = "'by_name'"});
}

TEST_CASE("ChangePrimaryKey: several changes of one table are one rebuild") {
    auto table = packages();
    table.unique_keys = {{.columns = {"name"}}};
    Plan const plan{
        "trip",
        {Migration{.id = "0001-before", .release = "1.0", .operations = {table}},
         Migration{.id = "0002-change",
                   .release = "2.0",
                   .operations = {by_name_and_section(), DropUnique{.table = "packages", .columns = {"name"}},
                                  DropColumn{.table = "packages", .column = "size"}}}}};
    auto const database = sqlite::Connection::in_memory();
    Rollout rollout{plan, database};
    (void)rollout.expand();
    (void)rollout.contract();
    database.run(package_rows);
    (void)rollout.expand();
    (void)rollout.fill();
    auto const contract = rollout.contract();
    auto const text = script("contract", contract);
    CHECK(text.find("-- rebuild table packages") == text.rfind("-- rebuild table packages"));
    CHECK(missing(text, {"-- rebuild table packages"}) == "");
    CHECK(text.find("DROP COLUMN") == std::string::npos);
    CHECK(rows(database, "SELECT name, section, id FROM packages") ==
          "'bash'|'main'|1; 'vim'|'main'|2; 'zsh'|'main'|3");
}

TEST_CASE("ChangePrimaryKey: what cannot be meant is refused in words") {
    CHECK(missing(refusal({packages()}, ChangePrimaryKey{.table = "packages", .name = "k", .columns = {"nam"}}),
                  {"ChangePrimaryKey packages", "no column \"nam\"", "did you mean \"name\"?"}) == "");
    CHECK(missing(refusal({packages()}, ChangePrimaryKey{.table = "packages", .name = "k", .columns = {"ID"}}),
                  {"are the primary key already"}) == "");
    CHECK(missing(refusal({packages()}, ChangePrimaryKey{.table = "packages", .name = "k", .columns = {}}),
                  {"names no column"}) == "");
    CreateTable const child{.table = "files",
                            .columns = {{.name = "package", .type = integer()}},
                            .foreign_keys = {{.columns = {"package"}, .table = "packages"}}};
    CHECK(missing(refusal({packages(), child}, by_name_and_section()),
                  {"table \"files\" refers to the key", "DropForeignKey"}) == "");
}

TEST_SUITE_END();
