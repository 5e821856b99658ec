// The way back of SQL of one's own: what it takes away is counted, by doing it.

#include "support/application.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::testing;

namespace {

Plan with_sql(std::string const& id, RawSql sql) {
    auto const known = catalogue();
    return Plan{"catalogue",
                {known.migrations()[0], Migration{.id = id, .release = "2.0", .operations = {std::move(sql)}}}};
}

}  // namespace

TEST_SUITE_BEGIN("execute/undo_losses");

TEST_CASE("rollback: what the undo of SQL takes away is counted, and is lost only where that is accepted by name") {
    Folder const folder;
    make_catalogue(folder.database());
    Application application{folder.database(),
                            with_sql("0002-tags", {.expand = "CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT);"
                                                             "ALTER TABLE packages ADD COLUMN country TEXT;"
                                                             "ALTER TABLE packages ADD COLUMN kind TEXT DEFAULT 'deb'",
                                                   .undo = "DROP TABLE tags; ALTER TABLE packages DROP COLUMN country;"
                                                           "ALTER TABLE packages DROP COLUMN kind"})};
    auto& evolver = application.evolver;
    evolver.expand();
    evolver.rollback({.migration = "0002-tags"});  // nothing is in it yet
    evolver.expand();
    application.db << "INSERT INTO tags (name) VALUES ('x'), ('y')";
    application.db << "UPDATE packages SET country = 'NO' WHERE id = 3";
    auto const words = refused([&] { evolver.rollback({.migration = "0002-tags"}); });
    CAPTURE(words);
    CHECK(has(words, "2 rows of tags"));
    CHECK(has(words, "1 row of packages with something in country"));
    CHECK_FALSE(has(words, "kind"));
    RawSqlite const other{folder.database()};
    CHECK(other.integer("SELECT count(*) FROM tags") == 2);
    evolver.rollback({.migration = "0002-tags", .accept_loss = {{"0002-tags", "a test"}}});
    CHECK(other.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'tags'") == 0);
    CHECK(other.integer(
              "SELECT count(*) FROM evolver_audit WHERE event = 'rollback' AND detail LIKE '%2 rows of tags%'") == 1);
}

TEST_CASE("rollback: what only has another name after the undo of SQL is not lost, and what was made anew is") {
    for (bool const renames : {true, false}) {
        CAPTURE(renames);
        Folder const folder;
        make_catalogue(folder.database());
        RawSql const sql{
            .expand = "ALTER TABLE packages RENAME COLUMN name TO title; ALTER TABLE packages RENAME TO things",
            .undo = renames ? "ALTER TABLE things RENAME TO packages; ALTER TABLE packages RENAME COLUMN title TO name"
                            : "CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size TEXT);"
                              "DROP TABLE things"};
        Application application{folder.database(), with_sql("0002-names", sql)};
        application.evolver.expand();
        auto const back = [&] { application.evolver.rollback({.migration = "0002-names"}); };
        if (renames) {
            back();
            CHECK(RawSqlite{folder.database()}.integer("SELECT count(name) FROM packages") == 20);
        } else {
            CHECK(has(refused(back), "20 rows of things"));
            CHECK(RawSqlite{folder.database()}.integer("SELECT count(*) FROM things") == 20);
        }
    }
}

TEST_SUITE_END();
