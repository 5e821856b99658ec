#include "evolver/operation/raw_sql.hpp"

#include "support/round_trip.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::support;

TEST_SUITE_BEGIN("operation/raw_sql");

TEST_CASE("RawSql: runs each text in its phase, golden") {
    check({.golden = "raw_sql",
           .before = {packages()},
           .rows = package_rows,
           .operation = RawSql{.expand = "CREATE TABLE log (what TEXT); CREATE TRIGGER logged AFTER UPDATE ON packages "
                                         "BEGIN INSERT INTO log VALUES ('a; b'); END",
                               .contract = "CREATE INDEX by_what ON log (what);",
                               .undo = "DROP TRIGGER logged; DROP TABLE log"}});
}

TEST_CASE("RawSql: one that does nothing is refused") {
    CHECK(missing(refusal({packages()}, RawSql{.undo = "DROP TABLE packages"}),
                  {"RawSql: it does nothing", ".expand or .contract"}) == "");
}

TEST_CASE("RawSql: verify without a contract is refused") {
    CHECK(missing(refusal({packages()}, RawSql{.expand = "SELECT 1", .verify = "SELECT 1"}),
                  {".verify is asked before .contract", "give it .contract"}) == "");
}

TEST_CASE("RawSql: a mistake in verify is found before anything is removed") {
    Plan const plan{"p",
                    {Migration{.id = "0001",
                               .release = "1.0",
                               .operations = {RawSql{.contract = "DROP TABLE t", .verify = "SELECT b FROM t"}}}}};
    auto const database = sqlite::Connection::in_memory();
    database.run("CREATE TABLE t (a)");
    Rollout rollout{plan, database};
    (void)rollout.expand();
    CHECK_THROWS_WITH_AS((void)rollout.contract(), doctest::Contains("no such column: b"), PlanError);
}

TEST_CASE("RawSql: one without an undo cannot be rolled back, and says so") {
    Plan const plan{
        "p", {Migration{.id = "0001", .release = "1.0", .operations = {RawSql{.expand = "CREATE TABLE t (a)"}}}}};
    auto const database = sqlite::Connection::in_memory();
    Rollout rollout{plan, database};
    (void)rollout.expand();
    CHECK_THROWS_WITH_AS((void)rollout.undo(),
                         doctest::Contains("Migration \"0001\" cannot be rolled back: its RawSql says no way back"),
                         PlanError);
    CHECK(database.integer("SELECT count(*) FROM t") == 0);
}

TEST_CASE("RawSql: a mistake is found before anything is written") {
    Plan const plan{"p",
                    {Migration{.id = "0001",
                               .release = "1.0",
                               .operations = {RawSql{.expand = "CREATE TABLE t (a); INSERT INTO u VALUES (1)"}}}}};
    auto const database = sqlite::Connection::in_memory();
    Rollout rollout{plan, database};
    CHECK_THROWS_WITH_AS((void)rollout.expand(), doctest::Contains("no such table: u"), PlanError);
    CHECK(database.integer("SELECT count(*) FROM sqlite_schema WHERE name = 't'") == 0);
}

TEST_SUITE_END();
