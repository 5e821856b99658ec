#include "dialect/sqlite/samples.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::sqlite;

TEST_SUITE_BEGIN("dialect/sqlite/samples");

namespace {

Connection numbers(int rows, int width) {
    auto database = Connection::in_memory();
    database.run(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x BLOB); WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 "
        "FROM n WHERE i < " +
        std::to_string(rows) + ") INSERT INTO t SELECT i, zeroblob(" + std::to_string(width) + ") FROM n");
    return database;
}

}  // namespace

TEST_CASE("samples: a small table is there as it is, of a long one both ends are") {
    CHECK(sample_database(numbers(7, 1)).integer("SELECT count(*) FROM t") == 7);
    auto const samples = sample_database(numbers(2000, 1));
    CHECK(samples.integer("SELECT count(*) FROM t") == 1000);
    CHECK(samples.integer("SELECT count(*) FROM t WHERE id <= 500 OR id > 1500") == 1000);
}

TEST_CASE("samples: of wide rows a few megabytes from each end are, not five hundred") {
    auto const samples = sample_database(numbers(40, 1 << 20));
    CHECK(samples.integer("SELECT count(*) FROM t WHERE id <= 5") == 4);
    CHECK(samples.integer("SELECT count(*) FROM t WHERE id > 35") == 4);
    CHECK(samples.integer("SELECT count(*) FROM t") == 8);
}

TEST_CASE("samples: no row is there twice, with a key or without one, and on demand all of them are") {
    auto database = numbers(700, 1);
    database.run("CREATE TABLE keyless (x); INSERT INTO keyless SELECT id FROM t");
    auto const samples = sample_database(database);
    CHECK(samples.integer("SELECT count(*) FROM t") == 700);
    CHECK(samples.integer("SELECT count(*) FROM keyless") == 700);
    CHECK(samples.integer("SELECT count(DISTINCT x) FROM keyless") == 700);
    CHECK(sample_database(numbers(3000, 1), Extent::all).integer("SELECT count(*) FROM t") == 3000);
    CHECK(sample_database(numbers(40, 1 << 20), Extent::all).integer("SELECT count(*) FROM t") == 40);
}

TEST_SUITE_END();
