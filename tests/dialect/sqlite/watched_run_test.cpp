#include "dialect/sqlite/watched_run.hpp"

#include "evolver/dialect/engine_error.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace evolver;
using namespace evolver::sqlite;

namespace {

using Names = std::set<std::string>;

struct Watched {
    Connection connection = Connection::in_memory();
    StandIns stand_ins{connection, {}};

    Watched() {
        connection.run("CREATE TABLE t (a); CREATE TABLE u (a); CREATE TABLE log (a); INSERT INTO t VALUES (1)");
    }
    Touched run(std::string_view sql) { return watched_run(connection, sql, stand_ins); }
};

}  // namespace

TEST_SUITE_BEGIN("dialect/sqlite/watched_run");

TEST_CASE("watched_run: names the tables that are written and not those that are read") {
    Watched watched;
    CHECK(watched.run("INSERT INTO u SELECT a FROM t").inserted == Names{"u"});
    CHECK(watched.run("UPDATE t SET a = (SELECT a FROM u)").updated == Names{"t"});
    CHECK(watched.run("DELETE FROM u WHERE a IN (SELECT a FROM t)").deleted == Names{"u"});
    CHECK(watched.run("SELECT a FROM t").written().empty());
}

TEST_CASE("watched_run: sees through triggers") {
    Watched watched;
    watched.connection.run("CREATE TRIGGER g AFTER UPDATE ON t BEGIN INSERT INTO log VALUES (new.a); END");
    auto const touched = watched.run("UPDATE t SET a = 2");
    CHECK(touched.written() == Names{"log", "t"});
    CHECK_FALSE(touched.schema);
}

TEST_CASE("watched_run: rows that DDL moves by itself do not count as written") {
    Watched watched;
    auto const dropped = watched.run("DROP TABLE t");
    CHECK(dropped.written().empty());
    CHECK(dropped.dropped == Names{"t"});
    CHECK(dropped.schema);
    CHECK(watched.run("CREATE TABLE t AS SELECT a FROM u").written().empty());
    CHECK(watched.run("ALTER TABLE u RENAME TO w").schema);
}

TEST_CASE("watched_run: runs once what it had to try twice") {
    Watched watched;
    CHECK(watched.run("UPDATE t SET a = slug(a) + 1").updated == Names{"t"});
    CHECK(watched.connection.integer("SELECT a FROM t") == 2);
    CHECK(watched.stand_ins.take_met().size() == 1);
}

TEST_CASE("watched_run: watches no longer than the statement") {
    Watched watched;
    CHECK_THROWS_AS(watched.run("INSERT INTO gone VALUES (1)"), EngineError);
    auto touched = watched.run("INSERT INTO u VALUES (1)");
    watched.connection.run("INSERT INTO t VALUES (1)");
    CHECK(touched.written() == Names{"u"});
}

TEST_SUITE_END();
