#include "dialect/sqlite/clone.hpp"

#include "evolver/dialect/engine_error.hpp"
#include "evolver/evolver.hpp"
#include "support/folder.hpp"
#include "support/rows.hpp"

#include <doctest/doctest.h>
#include <soci/soci.h>
#include <sqlite3.h>

#include <string>

using namespace evolver;
using namespace evolver::sqlite;
using support::rows;

namespace {

Connection database(std::string const& script) {
    auto connection = Connection::in_memory();
    connection.run(script);
    return connection;
}

}  // namespace

TEST_SUITE_BEGIN("sqlite/clone");

TEST_CASE("clone: has the schema and no rows, and says what it had to leave out") {
    auto const source = database(
        "CREATE TABLE t (a TEXT COLLATE NOCASE, b); CREATE INDEX i ON t (a); CREATE VIEW v AS SELECT a FROM t;"
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END; CREATE VIRTUAL TABLE f USING fts5(x); INSERT INTO t "
        "VALUES (1, 2)");
    REQUIRE(sqlite3_create_function_v2(
                source.handle(), "own", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                [](sqlite3_context* context, int, sqlite3_value**) { sqlite3_result_int(context, 1); }, nullptr,
                nullptr, nullptr) == SQLITE_OK);
    source.run("CREATE INDEX computed ON t (own(b))");
    auto const clone = clone_schema(source);
    CHECK(rows(clone.connection, "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'evolver%' ORDER BY name") ==
          "'i'; 'r'; 't'; 'v'");
    CHECK(clone.connection.integer("SELECT count(*) FROM t") == 0);
    REQUIRE(clone.left_out.size() == 1);
    CHECK(clone.left_out.front().find("index computed") == 0);
    CHECK_THROWS_AS(clone.connection.run("CREATE INDEX typo ON t ((\"nope\"))"),
                    EngineError);  // no text in double quotes
}

TEST_CASE("clone: has of the ledger only the tables that triggers and steps name") {
    testing::Folder const folder{"evolver-clone"};
    auto const path = folder.file("clone.db");
    soci::session db{"sqlite3", "db=" + path};
    Plan const plan{
        "clone",
        {Migration{.id = "0001",
                   .release = "1.0",
                   .operations = {CreateTable{.table = "t",
                                              .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                          {.name = "a", .type = text()}}}}},
         Migration{.id = "0002",
                   .release = "2.0",
                   .operations = {ChangeType{.table = "t",
                                             .from = "a",
                                             .to = "b",
                                             .type = integer(),
                                             .up = "CAST(a AS INTEGER)",
                                             .down = "CAST(b AS TEXT)"}}}}};
    Evolver{db, plan, {.release = "1.0"}}.expand();
    db << "INSERT INTO t (a) VALUES ('1')";
    Evolver evolver{db, plan};
    evolver.expand();
    evolver.backfill();
    (void)evolver.reconcile();
    evolver.hold_stage({.reason = "a test"});
    evolver.heartbeat();
    auto const source = Connection::open(path, SQLITE_OPEN_READONLY);
    REQUIRE(source.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name LIKE 'evolver%'") > 12);
    auto const clone = clone_schema(source);
    CHECK(clone.left_out.empty());
    CHECK(rows(clone.connection,
               "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'evolver%' ORDER BY name") ==
          "'evolver_kept'; 'evolver_legacy'; 'evolver_quarantine'; 'evolver_rebuild'; 'evolver_rebuild_key'");
}

TEST_SUITE_END();
