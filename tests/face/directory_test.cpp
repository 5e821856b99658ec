// A folder of SQL files, all the way through the face.

#include "support/application.hpp"
#include "support/raw_sqlite.hpp"
#include "support/sql_folder.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace evolver;
using namespace evolver::testing;
using Sql = support::SqlFolder;

namespace {

/// Two migrations: a table, and a column more.
void write_two(Sql& folder) {
    folder.write("0001_tables.up.sql", "BEGIN;\nCREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT);\nCOMMIT;\n");
    folder.write("0001_tables.down.sql", "DROP TABLE notes;\n");
    folder.write("0002_pinned.up.sql", "ALTER TABLE notes ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;\n");
    folder.write("0002_pinned.down.sql", "ALTER TABLE notes DROP COLUMN pinned;\n");
}

}  // namespace

TEST_SUITE_BEGIN("face/directory");

TEST_CASE("SQL files go up at expand and down at rollback") {
    Sql folder;
    write_two(folder);
    Application application{folder.database(), Plan::from_directory(folder.path())};
    application.evolver.expand();
    application.db << "INSERT INTO notes (body, pinned) VALUES ('a', 1)";
    CHECK(has(refused([&] { application.evolver.rollback({.migration = "0002_pinned"}); }), "1 row of notes"));
    application.evolver.rollback({.migration = "0002_pinned", .accept_loss = {{"0002_pinned", "a test"}}});
    RawSqlite const other{folder.database()};
    CHECK(other.rows("SELECT * FROM notes").front().size() == 2);
    application.evolver.expand();
    CHECK(other.integer("SELECT count(pinned) FROM notes") == 1);
}

TEST_CASE("a file that was edited after it was applied is refused by its name") {
    Sql folder;
    write_two(folder);
    Application{folder.database(), Plan::from_directory(folder.path())}.evolver.expand();
    folder.write("0001_tables.up.sql", "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT, more TEXT);\n");
    Application edited{folder.database(), Plan::from_directory(folder.path())};
    CHECK_THROWS_WITH_AS((void)edited.evolver.expand(), doctest::Contains("0001_tables"), Error);
}

TEST_CASE("a file that breaks the release that runs is warned of before and while it runs") {
    Sql folder;
    write_two(folder);
    Application{folder.database(), Plan::from_directory(folder.path())}.evolver.expand();
    folder.write("0003_bodies.up.sql", "ALTER TABLE notes RENAME COLUMN body TO text;\n");
    Application application{folder.database(), Plan::from_directory(folder.path())};
    std::string const words =
        "migration \"0003_bodies\" breaks older releases at expand: reading notes (no such column: body)";
    auto const rehearsed = application.evolver.dry_run();
    REQUIRE(rehearsed.warnings.size() == 1);
    CHECK(has(rehearsed.warnings.front(), words));
    auto const done = application.evolver.expand();
    REQUIRE(done.warnings.size() == 1);
    CHECK(has(done.warnings.front(), words));
}

TEST_CASE("a new database is warned of nothing since nobody uses it") {
    Sql folder;
    write_two(folder);
    folder.write("0003_bodies.up.sql", "ALTER TABLE notes RENAME COLUMN body TO text;\n");
    Application application{folder.database(), Plan::from_directory(folder.path())};
    CHECK(application.evolver.dry_run().warnings.empty());
    CHECK(application.evolver.expand().warnings.empty());
}

TEST_CASE("a file that waits for contract leaves older releases what they use until then") {
    Sql folder;
    write_two(folder);
    folder.write("0003_no_pins.up.sql", "ALTER TABLE notes DROP COLUMN pinned;\n");
    Application application{folder.database(), Plan::from_directory(folder.path(), {.at_contract = {"0003_no_pins"}})};
    CHECK(application.evolver.expand().warnings.empty());
    RawSqlite const old{folder.database()};
    old.run("INSERT INTO notes (body, pinned) VALUES ('b', 1)");
    application.evolver.reconcile();
    application.evolver.contract(now());
    CHECK(old.rows("SELECT * FROM notes").front().size() == 2);
}

TEST_CASE("a mistake in the last file leaves the first unwritten") {
    Sql folder;
    write_two(folder);
    folder.write("0003_wrong.up.sql", "ALTER TABLE note ADD COLUMN a;\n");
    Application application{folder.database(), Plan::from_directory(folder.path())};
    CHECK_THROWS_WITH_AS((void)application.evolver.expand(), doctest::Contains("Migration \"0003_wrong\""), PlanError);
    CHECK(RawSqlite{folder.database()}.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'notes'") == 0);
}

TEST_SUITE_END();
