#include "dialect/sqlite/in_sync.hpp"

#include "dialect/sqlite/connection.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace evolver;
using namespace evolver::sqlite;

namespace {

Connection database(std::string const& script) {
    auto connection = Connection::in_memory();
    connection.run(script);
    return connection;
}

}  // namespace

TEST_SUITE_BEGIN("sqlite/in_sync");

TEST_CASE("affinity: by the words of the type, as SQLite documents it") {
    CHECK(affinity_of("BIGINT") == Affinity::integer);
    CHECK(affinity_of("floating point") == Affinity::integer);  // it says INT
    CHECK(affinity_of("CHARINT") == Affinity::integer);
    CHECK(affinity_of("varchar(40)") == Affinity::text);
    CHECK(affinity_of("") == Affinity::none);
    CHECK(affinity_of("BLOB") == Affinity::none);
    CHECK(affinity_of("DOUBLE") == Affinity::real);
    CHECK(affinity_of("DATE") == Affinity::numeric);
    CHECK(affinity_of(text()) == Affinity::text);
}

TEST_CASE("in sync: compares values as they would be stored, not as SQL compares them") {
    struct Case {
        std::string type;
        std::string stored;
        std::string expression;
        bool same;
    };
    static Case const cases[] = {
        {"TEXT", "'05'", "CAST('5' AS INTEGER)", false},
        {"TEXT", "'5'", "5", true},
        {"TEXT", "'5'", "'5'", true},
        {"TEXT", "'5'", "5.0", false},
        {"TEXT", "'5.0'", "5.0", true},
        {"TEXT", "'a'", "x'61'", false},
        {"TEXT", "NULL", "NULL", true},
        {"TEXT", "''", "NULL", false},
        {"TEXT COLLATE NOCASE", "'a'", "'A'", false},
        {"TEXT COLLATE RTRIM", "'a'", "'a '", false},
        {"BIGINT", "5", "'5'", true},
        {"BIGINT", "5", "5.0", true},
        {"BIGINT", "5", "'5.0'", true},
        {"BIGINT", "5", "'5x'", false},
        {"BIGINT", "1000", "'1e3'", true},
        {"BIGINT", "9007199254740993", "9007199254740992", false},
        {"REAL", "5", "5", true},
        {"REAL", "0.1", "'0.1'", true},
        {"", "1", "1", true},
        {"", "1", "1.0", false},
        {"", "1", "'1'", false},
        {"", "'a' ", "x'61'", false},
        {"BLOB", "x'61'", "x'61'", true},
        {"NUMERIC", "1.5", "'1.5'", true},
        {"", "'a'", "'a' COLLATE NOCASE", true},
        {"", "'A'", "'a' COLLATE NOCASE", false},
    };
    for (auto const& each : cases) {
        CAPTURE(each.type);
        CAPTURE(each.stored);
        CAPTURE(each.expression);
        auto const connection =
            database("CREATE TABLE t (c " + each.type + "); INSERT INTO t VALUES (" + each.stored + ")");
        auto const affinity = affinity_of(connection.text("SELECT type FROM pragma_table_info('t')"));
        CHECK(connection.integer("SELECT " + same({"c", affinity}, each.expression) + " FROM t") ==
              (each.same ? 1 : 0));
        // And what is stored from the expression is the same as the expression: a trigger's own write settles it.
        connection.run("UPDATE t SET c = " + each.expression);
        CHECK(connection.integer("SELECT " + same({"c", affinity}, each.expression) + " FROM t") == 1);
    }
}

TEST_SUITE_END();
