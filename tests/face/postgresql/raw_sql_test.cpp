// SQL in the application's own words, and folders of it, on a real server.

#include "evolver/compile/directory.hpp"
#include "evolver/evolver.hpp"
#include "support/postgresql.hpp"
#include "support/sql_folder.hpp"

#include <doctest/doctest.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <string>
#include <vector>

using namespace evolver;
using namespace evolver::testing;

namespace {

struct World {
    PostgresqlDatabase database;
    soci::session session{soci::postgresql, database.parameters()};

    [[nodiscard]] std::string text(std::string const& sql) const { return database.connect().text(sql); }
};

Plan one(RawSql sql) { return {"notes", {Migration{.id = "0001", .release = "1.0", .operations = {std::move(sql)}}}}; }

}  // namespace

TEST_SUITE_BEGIN("face/postgresql/raw_sql");

TEST_CASE("raw sql on postgresql: bodies between dollars go through as they are, and back") {
    World world;
    Evolver evolver{
        world.session,
        one({.expand = "CREATE TABLE notes (id int PRIMARY KEY, words text, changes int NOT NULL DEFAULT 0);\n"
                       "CREATE FUNCTION count_changes() RETURNS trigger LANGUAGE plpgsql AS $body$\n"
                       "BEGIN NEW.changes := OLD.changes + 1; RETURN NEW; END; $body$;\n"
                       "CREATE TRIGGER counting BEFORE UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION count_changes();\n"
                       "DO $$ BEGIN INSERT INTO notes VALUES (1, 'a; b'); END $$",
             .undo = "DROP TABLE notes; DROP FUNCTION count_changes();"})};
    evolver.expand();
    world.session << "UPDATE notes SET words = 'c'";
    CHECK(world.text("SELECT words || changes FROM notes") == "c1");
    evolver.rollback({.migration = "0001"});
    CHECK(world.text("SELECT to_regclass('notes') IS NULL") == "t");
}

TEST_CASE("raw sql on postgresql: what would outlive the migration is refused before the first write") {
    World world;
    Evolver evolver{world.session, one({.expand = "CREATE TABLE notes (id int);\nSET search_path = pg_catalog"})};
    CHECK_THROWS_WITH_AS(evolver.expand(), doctest::Contains("RawSql, line 2, SET: SET would outlive the migration"),
                         PlanError);
    CHECK(world.text("SELECT to_regclass('notes') IS NULL") == "t");
}

TEST_CASE("raw sql on postgresql: what breaks the release before is told when it is tried, and each statement once") {
    World world;
    world.session << "CREATE TABLE notes (id int PRIMARY KEY, words text)";
    world.session << "CREATE TABLE others (id int)";
    Plan const plan{"notes",
                    {Migration{.id = "0001",
                               .release = "1.0",
                               .operations = {RawSql{.expand = "ALTER TABLE notes RENAME COLUMN words TO body"}}},
                     Migration{.id = "0002",
                               .release = "1.0",
                               .operations = {RawSql{.expand = "ALTER TABLE notes ADD COLUMN at timestamptz"}}},
                     Migration{.id = "0003", .release = "1.0", .operations = {RawSql{.expand = "DROP TABLE others"}}}}};
    Evolver evolver{world.session, plan};
    auto const warnings = evolver.dry_run().warnings;
    REQUIRE(warnings.size() == 2);
    CHECK(
        warnings[0].find("migration \"0001\" breaks older releases at expand: reading notes (column \"words\" does not "
                         "exist); inserting into notes") == 0);
    CHECK(warnings[1].find(
              "migration \"0003\" breaks older releases at expand: reading others (relation \"others\" does not "
              "exist)") == 0);
    CHECK(evolver.expand().warnings == warnings);
    CHECK(world.text("SELECT to_regclass('others') IS NULL") == "t");
}

TEST_CASE("raw sql on postgresql: a search_path that it sets is in nobody's way afterwards") {
    for (std::string const path :
         {"SET LOCAL search_path = pg_catalog", "SELECT set_config('search_path', 'pg_catalog', false)"}) {
        CAPTURE(path);
        World world;
        Plan const plan{
            "notes",
            {Migration{.id = "0001",
                       .release = "1.0",
                       .operations = {RawSql{.expand = "CREATE TABLE notes (id int);" + path}}},
             Migration{.id = "0002",
                       .release = "1.0",
                       .operations = {AddColumn{.table = "notes", .column = {.name = "words", .type = text()}}}}}};
        Evolver evolver{world.session, plan};
        CHECK(evolver.dry_run().warnings.empty());
        evolver.expand();
        CHECK(evolver.status().migrations.at(1).phase == Phase::expanded);
        CHECK(world.text("SELECT count(*) FROM information_schema.columns WHERE table_name = 'notes' AND table_schema "
                         "= 'public'") == "2");
    }
}

TEST_CASE("a folder of sql on postgresql: its files are a plan, which goes forth and back") {
    World world;
    support::SqlFolder folder;
    folder.write("sqlite/1_notes.sql", "CREATE TABLE notes (id INTEGER PRIMARY KEY);")
        .write("postgres/1_notes.sql", "BEGIN;\nCREATE TABLE notes (id int PRIMARY KEY);\nCOMMIT;")
        .write("postgres/2_words.sql", "ALTER TABLE notes ADD COLUMN words text DEFAULT E'a\\'b;c'")
        .write("postgres/2_words.down.sql", "ALTER TABLE notes DROP COLUMN words");
    auto const read = read_directory(folder.path(), {.name = "notes", .engine = Engine::postgresql});
    CHECK(read.notes.size() == 2);
    Evolver evolver{world.session, read.plan};
    evolver.expand();
    world.session << "INSERT INTO notes (id) VALUES (1)";
    CHECK(world.text("SELECT words FROM notes") == "a'b;c");
    evolver.rollback({.migration = "2_words", .accept_loss = {{.migration = "2_words", .reason = "a test"}}});
    CHECK(
        world.text(
            "SELECT count(*) FROM information_schema.columns WHERE table_name = 'notes' AND table_schema = 'public'") ==
        "1");
}

TEST_CASE("a folder of sql on postgresql: what was read for one engine is refused on another") {
    World world;
    support::SqlFolder folder;
    folder.write("1_notes.sql", "CREATE TABLE notes (id INTEGER PRIMARY KEY);");
    Evolver evolver{world.session, Plan::from_directory(folder.path(), {.name = "notes"})};
    CHECK_THROWS_AS(evolver.expand(), Error);
    CHECK(world.text("SELECT to_regclass('notes') IS NULL") == "t");
    CHECK_THROWS_WITH_AS(Plan::from_directory(folder.path(), {.name = "notes", .engine = Engine::mariadb}),
                         doctest::Contains("There is no evolver for MariaDB yet"), PlanError);
}

TEST_SUITE_END();
