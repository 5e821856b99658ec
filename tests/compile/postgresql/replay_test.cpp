#include "compile/postgresql/replay.hpp"

#include "evolver/operation/raw_sql.hpp"
#include "support/postgresql.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace evolver;
using evolver::testing::PostgresqlDatabase;

namespace {

/// One migration tried on a database that `before` makes.
MigrationReplay tried(std::string const& before, RawSql sql) {
    PostgresqlDatabase const database;
    auto const connection = database.connect();
    if (!before.empty()) connection.run(before);
    Plan const plan{"p", {Migration{.id = "0001", .release = "1.0", .operations = {std::move(sql)}}}};
    return postgresql::replay(plan, connection, "public").front();
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

std::string const table = "CREATE TABLE t (id integer PRIMARY KEY, a text, b text DEFAULT 'x');";
std::string const rows = table + "INSERT INTO t VALUES (1, 'one', 'y'), (2, 'two', NULL);";

}  // namespace

TEST_SUITE_BEGIN("compile/postgresql/replay");

TEST_CASE("replay on postgresql: each kind of change is known by what it did") {
    CHECK(kinds(tried(table, "CREATE TABLE u (c int); CREATE INDEX i ON t (a); CREATE VIEW v AS SELECT a FROM t")) ==
          "A");
    CHECK(kinds(tried(rows, "ALTER TABLE t ADD COLUMN c int NOT NULL DEFAULT 0")) == "A");
    CHECK(kinds(tried(rows, "ALTER TABLE t DROP COLUMN a")) == "D");
    CHECK(kinds(tried(table, "ALTER TABLE t ALTER COLUMN a SET NOT NULL")) == "CB");
    CHECK(kinds(tried(table, "CREATE UNIQUE INDEX i ON t (a)")) == "C");
    CHECK(kinds(tried(rows, "UPDATE t SET b = 'z' WHERE id = 1")) == "d");
    CHECK(kinds(tried(rows, "UPDATE t SET b = 'z' WHERE id = 3")) == "n");
    CHECK(kinds(tried(rows, "SELECT 1")) == "n");
    CHECK(kinds(tried(rows, "COMMENT ON TABLE t IS 'words'")) == "");
    CHECK(kinds(tried(rows, "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$")) == "");
}

TEST_CASE("replay on postgresql: what the version before may do is asked of the server") {
    auto const renamed = tried(rows, "ALTER TABLE t RENAME COLUMN a TO c");
    REQUIRE(renamed.broken.size() == 2);
    CHECK(renamed.breaks_reads());
    CHECK(renamed.broken[0].object == "table t");
    CHECK(renamed.broken[0].why == "column \"a\" does not exist");
    CHECK(renamed.broken[0].works);

    auto const required = tried(table, "ALTER TABLE t ADD COLUMN c int NOT NULL");
    REQUIRE(required.broken.size() == 1);
    CHECK_FALSE(required.broken[0].reads);
    CHECK(required.broken[0].why == "it leaves out t.c, which is NOT NULL and has no default");
    CHECK(tried(table, "ALTER TABLE t ADD COLUMN c int GENERATED ALWAYS AS IDENTITY").broken.empty());

    auto const viewed = tried(table + "CREATE VIEW v AS SELECT a AS c FROM t", "DROP VIEW v");
    REQUIRE(viewed.broken.size() == 2);
    CHECK(viewed.broken[0].object == "view v");
}

TEST_CASE("replay on postgresql: what contract breaks alone is told apart, and its query is asked") {
    auto const replayed = tried(rows, RawSql{.expand = "ALTER TABLE t ADD COLUMN c text",
                                             .contract = "ALTER TABLE t DROP COLUMN a",
                                             .verify = "SELECT 1 FROM t WHERE c IS NULL"});
    CHECK(replayed.broken.empty());
    CHECK(replayed.broken_later.size() == 2);
    CHECK(replayed.refused);
    REQUIRE(replayed.expanded.find_table(Name{"t"}) != nullptr);
    CHECK(replayed.expanded.find_table(Name{"t"})->find(Name{"a"}) != nullptr);
}

TEST_CASE("replay on postgresql: a way back leads back, or it is told where") {
    auto const back = [](std::string const& up, std::string const& down) {
        return tried(rows, RawSql{.expand = up, .undo = down});
    };
    CHECK(back("ALTER TABLE t ADD COLUMN c int", "ALTER TABLE t DROP COLUMN c").way_back == WayBack::leads_back);
    auto const lost = back("ALTER TABLE t DROP COLUMN a", "ALTER TABLE t ADD COLUMN a text");
    CHECK(lost.way_back == WayBack::leads_elsewhere);
    CHECK(lost.way_back_words == std::vector<std::string>{"the rows of table t are not what they were"});
    CHECK(back("ALTER TABLE t ADD COLUMN c int", "DROP TABLE u").way_back == WayBack::fails);
    CHECK(tried(rows, "SELECT 1").way_back == WayBack::none);
}

TEST_CASE("replay on postgresql: rows that go, tables that are written and tables made anew are named") {
    auto const emptied = tried(rows, "DELETE FROM t WHERE id = 1");
    REQUIRE(emptied.rows.size() == 1);
    CHECK(emptied.rows[0].table == "t");
    CHECK(emptied.rows[0].after == 1);
    CHECK(emptied.written == std::vector<std::string>{"t"});
    auto const anew = tried(rows, "CREATE TABLE u AS TABLE t; DROP TABLE t; ALTER TABLE u RENAME TO t");
    CHECK(anew.rebuilt == std::vector<std::string>{"t"});
    CHECK(anew.rows.empty());
    CHECK(tried(rows, "DROP TABLE t").rows.at(0).after == -1);
}

TEST_CASE("replay on postgresql: what cannot be applied says so in the server's words, and ends the replay") {
    PostgresqlDatabase const database;
    auto const connection = database.connect();
    Plan const plan{"p",
                    {Migration{.id = "0001", .release = "1.0", .operations = {RawSql{.expand = "DROP TABLE u"}}},
                     Migration{.id = "0002", .release = "1.0", .operations = {RawSql{.expand = "SELECT 1"}}}}};
    auto const replayed = postgresql::replay(plan, connection, "public");
    REQUIRE(replayed.size() == 1);
    CHECK(replayed[0].failure == "PostgreSQL 42P01: table \"u\" does not exist");
    CHECK_FALSE(connection.in_transaction());
    CHECK(connection.integer("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'evolver_replay%'") == 0);
}

TEST_SUITE_END();
