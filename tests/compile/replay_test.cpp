#include "compile/replay.hpp"

#include "dialect/sqlite/clone.hpp"
#include "evolver/operation/raw_sql.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace evolver;
using sqlite::Connection;

namespace {

/// One migration tried on a database that `before` makes.
MigrationReplay tried(std::string const& before, RawSql sql, ReplayOptions const& options = {}) {
    auto const database = Connection::in_memory();
    database.run(before);
    Plan const plan{"p", {Migration{.id = "0001", .release = "1.0", .operations = {std::move(sql)}}}};
    return replay(plan, database, options).front();
}

MigrationReplay tried(std::string const& before, std::string const& up) { return tried(before, RawSql{.expand = up}); }

/// The kinds as letters: additive, destructive, constraining, behavioural, data, no-op.
std::string kinds(MigrationReplay const& replayed) {
    CHECK(replayed.failure == "");
    std::string letters;
    if (replayed.kinds.additive) letters += 'A';
    if (replayed.kinds.destructive) letters += 'D';
    if (replayed.kinds.constraining) letters += 'C';
    if (replayed.kinds.behavioural) letters += 'B';
    if (replayed.kinds.data) letters += 'd';
    if (replayed.kinds.no_op) letters += 'n';
    return letters;
}

bool says(MigrationReplay const& replayed, std::string_view words) {
    for (auto const& sentence : findings(replayed)) {
        if (sentence.find(words) != std::string::npos) return true;
    }
    return false;
}

std::string const table = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT DEFAULT 'x');";
std::string const rows = table + "INSERT INTO t VALUES (1, 'one', 'y'), (2, 'two', NULL);";

}  // namespace

TEST_SUITE_BEGIN("compile/replay");

TEST_CASE("replay: what only adds is additive") {
    CHECK(kinds(tried(table, "CREATE TABLE u (c); CREATE INDEX i ON t (a); CREATE VIEW v AS SELECT a FROM t")) == "A");
    CHECK(kinds(tried(table, "ALTER TABLE t ADD COLUMN c NOT NULL DEFAULT 0")) == "A");
    CHECK(kinds(tried(rows, "CREATE TABLE u AS SELECT a FROM t")) == "A");
    CHECK(kinds(tried("", "CREATE TABLE u (c UNIQUE NOT NULL CHECK (c > 0)); INSERT INTO u VALUES (1)")) == "A");
}

TEST_CASE("replay: a table or a column that goes or gets another name is destructive") {
    CHECK(kinds(tried(table, "DROP TABLE t")) == "D");
    CHECK(kinds(tried(table, "ALTER TABLE t DROP COLUMN a")) == "D");
    CHECK(kinds(tried(table, "ALTER TABLE t RENAME COLUMN a TO c")) == "D");
    CHECK(kinds(tried(rows, "DROP TABLE t")) == "Dd");
}

TEST_CASE("replay: a table that takes less than before is constrained") {
    CHECK(kinds(tried(table, "CREATE UNIQUE INDEX i ON t (a)")) == "C");
    auto const rebuilt = [](std::string const& columns) {
        return "ALTER TABLE t RENAME TO was; CREATE TABLE t (" + columns +
               "); INSERT INTO t SELECT * FROM was; DROP TABLE was";
    };
    CHECK(kinds(tried(table, rebuilt("id INTEGER PRIMARY KEY, a TEXT CHECK (a <> ''), b TEXT DEFAULT 'x'"))) == "C");
    CHECK(kinds(tried(table, rebuilt("id INTEGER PRIMARY KEY, a TEXT NOT NULL, b TEXT DEFAULT 'x'"))) == "CB");
    CHECK(kinds(tried("CREATE TABLE t (id INTEGER PRIMARY KEY, a NOT NULL DEFAULT 0)",
                      rebuilt("id INTEGER PRIMARY KEY, a NOT NULL"))) == "CB");
}

TEST_CASE("replay: rows that were there and are written are data") {
    auto const updated = tried(table, "UPDATE t SET a = 'z'");
    CHECK(kinds(updated) == "d");
    CHECK(updated.written == std::vector<std::string>{"t"});
    CHECK(updated.rows.empty());
    auto const deleted = tried(rows, "DELETE FROM t WHERE id = 2");
    CHECK(kinds(deleted) == "d");
    REQUIRE(deleted.rows.size() == 1);
    CHECK(deleted.rows[0].after == 1);
    CHECK(says(deleted, "of the 2 rows of table t 1 are gone"));
}

TEST_CASE("replay: a table that is rebuilt with the same rows has written none") {
    auto const same =
        tried(rows,
              "CREATE TABLE n (id INTEGER PRIMARY KEY, a TEXT, b TEXT DEFAULT 'x', c); INSERT INTO n (id, a, b) "
              "SELECT id, a, b FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t");
    CHECK(same.rebuilt == std::vector<std::string>{"t"});
    CHECK(same.written.empty());
    CHECK(kinds(same) == "A");
    auto const less =
        tried(rows,
              "CREATE TABLE n (id INTEGER PRIMARY KEY, a TEXT, b TEXT DEFAULT 'x'); INSERT INTO n SELECT id, a, 'y' "
              "FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t");
    CHECK(kinds(less) == "d");
    REQUIRE(less.rows.size() == 1);
    CHECK(less.rows[0].table == "t");
}

TEST_CASE("replay: something that changes its meaning or an index that goes is behavioural") {
    std::string const more = table + "CREATE INDEX i ON t (a); CREATE VIEW v AS SELECT a FROM t;";
    CHECK(kinds(tried(more, "DROP INDEX i")) == "B");
    CHECK(kinds(tried(more, "DROP VIEW v; CREATE VIEW v AS SELECT b AS a FROM t")) == "B");
}

TEST_CASE("replay: what changes nothing is a no-op") {
    CHECK(kinds(tried(table, "-- nothing on this engine")) == "n");
    auto const again = tried(table, "CREATE TABLE IF NOT EXISTS t (z); DROP TABLE IF EXISTS gone");
    CHECK(kinds(again) == "n");
    CHECK(says(again, "it is a no-op"));
    CHECK(kinds(tried(table, "PRAGMA user_version = 7")) == "");
    CHECK(kinds(tried(table, "CREATE VIRTUAL TABLE f USING fts5(a)")) == "");
}

TEST_CASE("replay: statements of the version before that fail are named with the reason") {
    auto const replayed = tried(table, "ALTER TABLE t RENAME COLUMN a TO c");
    CHECK(replayed.breaks_reads());
    REQUIRE(replayed.broken.size() == 2);
    CHECK(says(replayed, "0001: at expand it breaks what the version before may do: reading t (no such column: a)"));
    CHECK_FALSE(tried(table, "ALTER TABLE t ADD COLUMN c").breaks_reads());
}

TEST_CASE("replay: what breaks only at contract is told apart") {
    auto const replayed = tried(table, RawSql{.expand = "CREATE TABLE u (c)", .contract = "DROP TABLE t"});
    CHECK(replayed.broken.empty());
    CHECK(replayed.broken_later.size() == 2);
    CHECK(says(replayed, "at contract it breaks"));
}

TEST_CASE("replay: a way back that leads back is known by schema and rows") {
    auto const there =
        tried(rows, RawSql{.expand = "ALTER TABLE t ADD COLUMN c", .undo = "ALTER TABLE t DROP COLUMN c"});
    CHECK(there.way_back == WayBack::leads_back);
    CHECK(findings(there).empty());
    CHECK(tried(rows, "ALTER TABLE t ADD COLUMN c").way_back == WayBack::none);
}

TEST_CASE("replay: a way back that leads elsewhere says what differs") {
    auto const schema =
        tried(table, RawSql{.expand = "ALTER TABLE t ADD COLUMN c; CREATE INDEX i ON t (c)", .undo = "DROP INDEX i"});
    CHECK(schema.way_back == WayBack::leads_elsewhere);
    CHECK(says(schema, "its way back does not lead back: column t.c"));
    auto const lost =
        tried(rows, RawSql{.expand = "ALTER TABLE t DROP COLUMN a", .undo = "ALTER TABLE t ADD COLUMN a TEXT"});
    CHECK(lost.way_back == WayBack::leads_elsewhere);
    CHECK(says(lost, "the rows of table t are not what they were"));
}

TEST_CASE("replay: what only the way back writes is not the migration's") {
    auto const replayed =
        tried(rows, RawSql{.expand = "CREATE TABLE u (c)", .undo = "UPDATE t SET a = a; DROP TABLE u"});
    CHECK(replayed.way_back == WayBack::leads_back);
    CHECK(kinds(replayed) == "A");
}

TEST_CASE("replay: a way back that fails says the engine's words and leaves the way up standing") {
    auto const database = Connection::in_memory();
    Plan const plan{
        "p",
        {Migration{.id = "1",
                   .release = "1.0",
                   .operations = {RawSql{.expand = "CREATE TABLE t (a)", .undo = "DROP TABLE t; DROP INDEX gone"}}}}};
    auto const replayed = replay(plan, database).front();
    CHECK(replayed.way_back == WayBack::fails);
    CHECK(says(replayed, "its way back fails: SQLite: no such index: gone"));
    CHECK(database.integer("SELECT count(*) FROM t") == 0);
}

TEST_CASE("replay: a migration that cannot be applied is told and the later ones are not tried") {
    auto const database = Connection::in_memory();
    Plan const plan{
        "p",
        {Migration{
             .id = "1", .release = "1.0", .operations = {RawSql{.expand = "CREATE TABLE t (a); DROP TABLE gone"}}},
         Migration{.id = "2", .release = "1.0", .operations = {RawSql{.expand = "CREATE TABLE u (a)"}}}}};
    auto const all = replay(plan, database);
    REQUIRE(all.size() == 1);
    CHECK(says(all[0], "it cannot be applied: SQLite: no such table: gone"));
    CHECK(database.integer("SELECT count(*) FROM sqlite_schema") == 0);
    CHECK(tried(rows, "INSERT OR ROLLBACK INTO t VALUES (1, '', '')").failure != "");
}

TEST_CASE("replay: a text in double quotes fails here as it would at expand") {
    CHECK(says(tried(rows, "UPDATE t SET a = \"text\""), "it cannot be applied: SQLite: no such column: text"));
}

TEST_CASE("replay: each migration is held against the version right before it") {
    auto const database = Connection::in_memory();
    Plan const plan{
        "p",
        {Migration{.id = "1", .release = "1.0", .operations = {RawSql{.expand = "CREATE TABLE t (a)"}}},
         Migration{.id = "2", .release = "1.0", .operations = {RawSql{.expand = "ALTER TABLE t RENAME TO u"}}},
         Migration{.id = "3", .release = "1.0", .operations = {RawSql{.expand = "CREATE TABLE t (a)"}}}}};
    auto const all = replay(plan, database);
    REQUIRE(all.size() == 3);
    CHECK_FALSE(all[0].breaks_reads());
    CHECK(all[1].breaks_reads());
    CHECK_FALSE(all[2].breaks_reads());
}

TEST_CASE("replay: rows that lose their parent are counted") {
    auto const replayed = tried(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p(id)); INSERT INTO p VALUES "
        "(1), (2); INSERT INTO c VALUES (1), (1), (2), (9)",
        "DELETE FROM p WHERE id = 1");
    CHECK(replayed.orphans == 2);
    CHECK(says(replayed, "it leaves 2 rows without their parent"));
}

TEST_CASE("replay: a function of the application's is stood in for with a word unless it is declared") {
    auto const met = tried(rows, "UPDATE t SET a = slug(a, 1)");
    CHECK(met.failure == "");
    CHECK(says(met, "functions that were not declared were stood in for: slug"));
    CHECK_FALSE(
        says(tried(rows, RawSql{.expand = "UPDATE t SET a = slug(a, 1)"}, {.functions = {"slug/2"}}), "stood in"));
    CHECK(tried(rows, RawSql{.expand = "UPDATE t SET a = slug(a, 1)"}, {.functions = {"slug/1"}}).failure != "");
}

TEST_CASE("replay: a verify query that finds rows is told") {
    auto const replayed =
        tried(rows, RawSql{.contract = "ALTER TABLE t DROP COLUMN b", .verify = "SELECT 1 FROM t WHERE b IS NULL"});
    CHECK(replayed.refused);
    CHECK(says(replayed, "its verify query finds rows"));
}

TEST_CASE("replay: an operation is no SQL text") {
    auto const database = Connection::in_memory();
    Plan const plan{"p",
                    {Migration{.id = "1",
                               .release = "1.0",
                               .operations = {CreateTable{.table = "t", .columns = {{.name = "a", .type = text()}}}}}}};
    CHECK_THROWS_WITH_AS((void)replay(plan, database),
                         doctest::Contains("CreateTable t: only SQL texts are tried here"), PlanError);
}

TEST_CASE("replay: a copy of a database keeps its rows and leaves the database alone") {
    auto const original = Connection::in_memory();
    original.run(rows);
    auto const copy = sqlite::copy_database(original);
    Plan const plan{"p", {Migration{.id = "1", .release = "1.0", .operations = {RawSql{.expand = "DELETE FROM t"}}}}};
    CHECK(replay(plan, copy).front().rows.front().before == 2);
    CHECK(original.integer("SELECT count(*) FROM t") == 2);
}

TEST_SUITE_END();
