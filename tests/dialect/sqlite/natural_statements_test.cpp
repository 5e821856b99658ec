#include "dialect/sqlite/natural_statements.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace evolver;
using namespace evolver::sqlite;

namespace {

std::vector<std::string> sql_of(std::vector<NaturalStatement> const& statements) {
    std::vector<std::string> texts;
    for (auto const& statement : statements) texts.push_back(statement.sql);
    return texts;
}

/// What `change` breaks of the statements of `before`: "reading t: why".
std::vector<std::string> broken_by(std::string const& before, std::string const& change) {
    auto const connection = Connection::in_memory();
    connection.run(before);
    auto const statements = natural_statements(connection);
    connection.run(change);
    std::vector<std::string> lines;
    for (auto const& statement : broken(statements, connection))
        lines.push_back((statement.reads ? "reading " : "inserting into ") + statement.object + ": " + statement.why);
    return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_SUITE_BEGIN("dialect/sqlite/natural_statements");

TEST_CASE("natural statements: every table and view is read and every table inserted into by name") {
    auto const connection = Connection::in_memory();
    connection.run(
        "CREATE TABLE \"odd \"\"name\" (\"a b\", c, d AS (c + 1)); CREATE VIEW v AS SELECT c AS \"order\" FROM \"odd "
        "\"\"name\";"
        "CREATE TABLE evolver_legacy (id)");
    CHECK(sql_of(natural_statements(connection)) == Lines{"SELECT \"a b\", \"c\", \"d\" FROM \"odd \"\"name\"",
                                                          "INSERT INTO \"odd \"\"name\" (\"a b\", \"c\") VALUES (?, ?)",
                                                          "SELECT \"order\" FROM \"v\""});
}

TEST_CASE("natural statements: what fails already is nobody's statement") {
    auto const connection = Connection::in_memory();
    connection.run(
        "CREATE TABLE t (a); CREATE VIEW v AS SELECT a FROM gone; CREATE VIEW w AS SELECT slug(a) AS b FROM t");
    CHECK(sql_of(natural_statements(connection)) ==
          Lines{"SELECT \"a\" FROM \"t\"", "INSERT INTO \"t\" (\"a\") VALUES (?)"});
    StandIns stand_ins{connection, {}};
    CHECK(natural_statements(connection, &stand_ins).size() == 3);
}

TEST_CASE("broken: a column that is gone breaks reading and inserting") {
    CHECK(broken_by("CREATE TABLE t (a, b); CREATE TABLE u (c)", "ALTER TABLE t RENAME COLUMN b TO c") ==
          Lines{"reading table t: no such column: b", "inserting into table t: table t has no column named b"});
    CHECK(broken_by("CREATE TABLE t (a); CREATE VIEW v AS SELECT a FROM t", "DROP TABLE t") ==
          Lines{"reading table t: no such table: t", "inserting into table t: no such table: t",
                "reading view v: no such table: main.t"});
}

TEST_CASE("broken: a name in double quotes is not taken for a text") {
    auto const connection = Connection::in_memory();
    connection.run("CREATE TABLE t (a)");
    auto const statements = natural_statements(connection);
    connection.run("ALTER TABLE t RENAME TO u; CREATE TABLE t (b)");
    CHECK(broken(statements, connection).size() == 2);
    CHECK(connection.text("SELECT \"still a text\"") == "still a text");  // and the connection is as it was
}

TEST_CASE("broken: a new column that an insert has to give breaks inserting only") {
    CHECK(broken_by(
              "CREATE TABLE t (a)",
              "DROP TABLE t; CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, a, b NOT NULL DEFAULT 0, c NOT NULL)") ==
          Lines{"inserting into table t: it leaves out t.c, which is NOT NULL and has no default"});
}

TEST_CASE("broken: a trigger that fails breaks the insert that fires it") {
    auto const lines = broken_by("CREATE TABLE t (a); CREATE TABLE log (a)",
                                 "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO gone VALUES (new.a); END");
    CHECK(lines == Lines{"inserting into table t: no such table: main.gone"});
}

TEST_CASE("broken: a new column with a default breaks nothing") {
    CHECK(broken_by("CREATE TABLE t (a)", "ALTER TABLE t ADD COLUMN b NOT NULL DEFAULT 0; CREATE TABLE u (c)").empty());
}

TEST_SUITE_END();
