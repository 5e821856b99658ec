#include "dialect/sqlite/plain_expression.hpp"

#include "dialect/sqlite/connection.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::sqlite;

TEST_SUITE_BEGIN("sqlite/plain_expression");

TEST_CASE("plain_expression: what calculates, joins, cuts and casts is plain") {
    for (auto const* text : {"a", "\"a\"", "[b]", "CAST(a AS INTEGER)", "CAST(b AS double precision)", "a * 1024 + 0.5",
                             "'=' || a || x'00'", "substr(a, 2)", "COALESCE(a, b, NULL)", "-(a) % 7", "trim(upper(a))"})
        CHECK_MESSAGE(is_plain(text, {"a", "b"}), text);
}

TEST_CASE("plain_expression: what compares is not, nor what it does not know") {
    for (auto const* text : {"a = 'x'",
                             "a IS NULL",
                             "a < b",
                             "CASE WHEN a THEN 1 ELSE 2 END",
                             "CASE a WHEN 1 THEN 2 END",
                             "a LIKE 'x%'",
                             "a COLLATE NOCASE",
                             "nullif(a, '')",
                             "max(a, b)",
                             "min(a, b)",
                             "a IN (1, 2)",
                             "a BETWEEN 1 AND 2",
                             "NOT a",
                             "a AND b",
                             "a -> '$.x'",
                             "json_extract(a, '$.x')",
                             "c",
                             "cast",
                             ":a",
                             "iif(a, 1, 2)",
                             "a ISNULL"})
        CHECK_MESSAGE(!is_plain(text, {"a", "b"}), text);
}

TEST_CASE("plain_expression: over NEW, every column is NEW's, and nothing else is changed") {
    CHECK(over_new("CAST(a AS INTEGER) || substr(\"b c\", 2)") ==
          "CAST(NEW.\"a\" AS INTEGER) || substr(NEW.\"b c\", 2)");
}

TEST_CASE("plain_expression: a comparison gives something else over NEW, which is why it is not plain") {
    auto const connection = Connection::in_memory();
    connection.run(
        "CREATE TABLE t (a TEXT); CREATE TABLE seen (plain, row);"
        "CREATE TRIGGER look AFTER INSERT ON t BEGIN INSERT INTO seen SELECT NEW.a = 5, (SELECT a = 5 FROM t); END;"
        "INSERT INTO t VALUES (5)");
    CHECK(connection.integer("SELECT plain <> row FROM seen") == 1);
}

TEST_SUITE_END();
