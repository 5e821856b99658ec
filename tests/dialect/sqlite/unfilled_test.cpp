#include "dialect/sqlite/unfilled.hpp"

#include "dialect/sqlite/fill_sql.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::sqlite;

TEST_SUITE_BEGIN("dialect/sqlite/unfilled");

namespace {

struct Rows {
    Rows() {
        add_unfilled(connection);
        connection.run(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b); INSERT INTO t VALUES (1, 5, NULL), (2, NULL, "
            "NULL), (3, NULL, NULL), (4, 6, 7)");
    }
    [[nodiscard]] std::string taken() const { return to_text(connection.scalar("SELECT evolver_unfilled()")); }
    Connection connection = Connection::in_memory();
};

}  // namespace

TEST_CASE("unfilled: the first row that is empty still is noted, once, and forgotten when it is asked for") {
    Rows const rows;
    CHECK(rows.taken() == "NULL");
    PhysicalTransform const change{.table = "t", .set = {{"b", "a * 2"}}, .where = "b IS NULL"};
    auto const key = row_key(rows.connection, "t");
    CHECK(rows.connection.prepare(transform(change, key, Range::all, Return::unfilled)).run() == 3);
    CHECK(to_text(rows.connection.scalar("SELECT b FROM t WHERE id = 1")) == "10");
    CHECK(to_text(rows.connection.scalar("SELECT b FROM t WHERE id = 2")) == "NULL");
    CHECK(rows.taken() == "'2'");
    CHECK(rows.taken() == "NULL");
    rows.connection.run("UPDATE t SET a = 1");
    CHECK(rows.connection.prepare(transform(change, key, Range::all, Return::unfilled)).run() == 2);
    CHECK(rows.taken() == "NULL");
}

TEST_CASE("unfilled: only a condition that a column is NULL, which gets a value, can be told by its value") {
    auto const told = [](std::string const& where, Name const& column = "b") {
        return fills_empty({.table = "t", .set = {{"a", "1"}, {column, "2"}}, .where = where});
    };
    CHECK(told("b IS NULL"));
    CHECK(told("  \"B\"   is /* yet */ null"));
    CHECK(told("\"two words\" IS NULL", "two words"));
    CHECK_FALSE(told("c IS NULL"));
    CHECK_FALSE(told("b IS NOT NULL"));
    CHECK_FALSE(told("b IS NULL AND a > 1"));
    CHECK_FALSE(told("b = 0"));
}

TEST_SUITE_END();
