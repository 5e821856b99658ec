#include "dialect/sqlite/fill_sql.hpp"

#include "support/rows.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using namespace evolver;
using namespace evolver::sqlite;
using support::rows;

namespace {

PhysicalPair const size_to_bytes{.table = "t",
                                 .from = {{"o", Affinity::text}},
                                 .to = {{"n", Affinity::integer}},
                                 .up = {"CAST(o AS INTEGER)"},
                                 .down = {"CAST(n AS TEXT)"}};

std::vector<Value> row_of(Statement& statement, std::size_t columns) {
    std::vector<Value> row;
    for (std::size_t i = 0; i < columns; ++i) row.push_back(statement.value(static_cast<int>(i)));
    return row;
}

void bind_all(Statement& statement, std::size_t first, std::vector<Value> const& values) {
    for (auto const& value : values) statement.bind(static_cast<int>(first++), value);
}

/// Fills a table in batches of `size`, as the executor does; returns how many rows the statements say that they changed.
std::int64_t fill_all(Connection const& database, RowKey const& key, std::int64_t size) {
    auto const k = key.columns.size();
    std::vector<Value> bound;
    if (auto last = database.prepare(last_key("t", key)); last.step()) bound = row_of(last, k);
    if (bound.empty()) return 0;
    std::vector<Value> done;
    std::int64_t filled_rows = 0;
    std::int64_t visited = 0;
    for (int batch = 0; batch < 10'000; ++batch) {
        auto const range = done.empty() ? Range::until : Range::after_until;
        auto next = database.prepare(key_after_rows("t", key, range));
        if (!done.empty()) bind_all(next, 1, done);
        bind_all(next, 1 + k, bound);
        next.bind(static_cast<int>(2 * k + 1), size);
        bool const more = next.step();
        auto const until = more ? row_of(next, k) : bound;
        next.reset();
        auto update = database.prepare(fill("t", key, {size_to_bytes}, range));
        if (!done.empty()) bind_all(update, 1, done);
        bind_all(update, 1 + k, until);
        auto const changed = update.run();
        auto within = database.prepare("SELECT count(*) FROM t WHERE " + in_range(key, range));
        if (!done.empty()) bind_all(within, 1, done);
        bind_all(within, 1 + k, until);
        REQUIRE(within.step());
        visited += within.integer(0);
        CHECK(changed <= size);
        filled_rows += changed;
        if (!more) {
            CHECK(visited == database.integer("SELECT count(*) FROM t"));
            return filled_rows;
        }
        done = until;
    }
    FAIL("the batches do not end");
    return 0;
}

}  // namespace

TEST_SUITE_BEGIN("sqlite/fill_sql");

TEST_CASE("fill, rule 18: batches visit every row exactly once, whatever the keys are") {
    auto const seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random{seed};
    auto const any_value = [&]() -> std::string {
        static std::vector<std::string> const special{"''",
                                                      "x''",
                                                      "0",
                                                      "-1",
                                                      "0.5",
                                                      "-0.5",
                                                      "9223372036854775807",
                                                      "-9223372036854775808",
                                                      "1e300",
                                                      "'1'",
                                                      "'a'",
                                                      "'A'",
                                                      "'\xc3\xa9'",
                                                      "x'00'",
                                                      "x'ff'",
                                                      "'1e3'",
                                                      "1000"};
        switch (random() % 5) {
            case 0: return special[random() % special.size()];
            case 1: return std::to_string(static_cast<std::int64_t>(random() % 2000) - 1000);
            case 2: return "'" + std::to_string(random() % 100) + std::string(random() % 3, 'k') + "'";
            case 3: return "x'" + std::to_string(10 + random() % 90) + "'";
            default: return std::to_string(static_cast<double>(random() % 1000) / 7.0);
        }
    };
    static std::vector<std::string> const tables{
        "CREATE TABLE t (k INTEGER PRIMARY KEY, o TEXT, n BIGINT)",
        "CREATE TABLE t (k, o TEXT, n BIGINT)",
        "CREATE TABLE t (k TEXT PRIMARY KEY, o TEXT, n BIGINT)",
        "CREATE TABLE t (k PRIMARY KEY, o TEXT, n BIGINT) WITHOUT ROWID",
        "CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY, o TEXT, n BIGINT) WITHOUT ROWID",
        "CREATE TABLE t (k NUMERIC, l, m TEXT COLLATE NOCASE, o TEXT, n BIGINT, PRIMARY KEY (l, k DESC, m)) WITHOUT "
        "ROWID",
        "CREATE TABLE t (k, l TEXT, o TEXT, n BIGINT, PRIMARY KEY (l, k)) WITHOUT ROWID",
    };
    for (auto const& script : tables) {
        CAPTURE(script);
        auto const database = Connection::in_memory();
        database.run(script);
        bool const is_rowid = script.find("INTEGER PRIMARY") != std::string::npos;
        bool const wide = script.find("l TEXT") != std::string::npos;
        bool const wider = script.find("l, m TEXT") != std::string::npos;
        for (int i = 0; i < 300; ++i) {
            std::string const key = is_rowid ? std::to_string(static_cast<std::int64_t>(random())) : any_value();
            std::string const columns = wider ? "k, l, m" : wide ? "k, l" : "k";
            std::string const values = wider  ? key + ", " + any_value() + ", " + any_value()
                                       : wide ? key + ", " + any_value()
                                              : key;
            database.run("INSERT OR IGNORE INTO t (" + columns + ", o) VALUES (" + values + ", '" + std::to_string(i) +
                         "')");
        }
        auto const total = database.integer("SELECT count(*) FROM t");
        auto const key = row_key(database, "t");
        CHECK(fill_all(database, key, 1 + static_cast<std::int64_t>(random() % 20)) == total);
        CHECK(database.integer("SELECT count(*) FROM t WHERE CAST(o AS INTEGER) IS NOT n") == 0);
        CHECK(fill_all(database, key, 7) == 0);  // again: nothing is left to do
    }
}

TEST_CASE("fill: an empty table, one row, and batches that end exactly at the end") {
    for (int count : {0, 1, 5, 10}) {
        CAPTURE(count);
        auto const database = Connection::in_memory();
        database.run("CREATE TABLE t (k INTEGER PRIMARY KEY, o TEXT, n BIGINT)");
        for (int i = 0; i < count; ++i) database.run("INSERT INTO t (o) VALUES ('5')");
        CHECK(fill_all(database, row_key(database, "t"), 5) == count);
    }
}

TEST_CASE("fill: ranges of a composite key seek in its index") {
    auto const database = Connection::in_memory();
    database.run("CREATE TABLE t (a, b, c, o TEXT, n BIGINT, PRIMARY KEY (a, b, c)) WITHOUT ROWID");
    auto const key = row_key(database, "t");
    auto const plan = rows(database, "EXPLAIN QUERY PLAN SELECT 1 FROM t WHERE " + in_range(key, Range::after_until));
    CAPTURE(plan);
    CHECK(plan.find("SEARCH t USING PRIMARY KEY (a>? AND a<?)") != std::string::npos);
    CHECK(rows(database, "EXPLAIN QUERY PLAN " + key_after_rows("t", key, Range::after_until)).find("TEMP B-TREE") ==
          std::string::npos);
}

TEST_CASE("calls_function: tells what SQLite prepares for a failure in its midst for") {
    for (auto const* expression :
         {"CAST(size AS INTEGER)", "size / 1024", "a || '/' || b", "CASE WHEN (a) THEN (b) ELSE (c) END",
          "a IN (1, 2) AND NOT (b)", "'lower(x)'", "a BETWEEN (1) AND (2)"}) {
        CAPTURE(expression);
        CHECK_FALSE(calls_function(expression));
    }
    for (auto const* expression : {"lower(name)", "CASE WHEN x GLOB '[0-9]*' THEN CAST(x AS INTEGER) END",
                                   "a LIKE 'b%'", "CAST(\"my function\" (a) AS TEXT)", "(SELECT max(b) FROM u)"}) {
        CAPTURE(expression);
        CHECK(calls_function(expression));
    }
}

TEST_CASE("fill: walks the range, whatever index there is on what is asked for") {
    auto const database = Connection::in_memory();
    database.run("CREATE TABLE t (id INTEGER PRIMARY KEY, o TEXT, n BIGINT); CREATE INDEX x ON t (n, o)");
    auto const key = row_key(database, "t");
    PhysicalTransform const change{.table = "t", .set = {{"n", "o"}}, .where = "n IS NULL"};
    auto const range = Range::after_until;
    for (auto const& sql :
         {fill("t", key, {size_to_bytes}, range), transform(change, key, range), untransformed(change, key, range),
          compare(size_to_bytes, key, range), find(size_to_bytes, key, "n IS NULL", range)}) {
        CAPTURE(sql);
        std::string plan;
        auto steps = database.prepare("EXPLAIN QUERY PLAN " + sql);
        while (steps.step()) plan += steps.text(3) + "; ";
        CHECK(plan.find("USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)") != std::string::npos);
    }
}

TEST_CASE("fill: never touches what is filled, and takes all pairs of a migration in one pass, chains included") {
    auto const database = Connection::in_memory();
    database.run(
        "CREATE TABLE t (k INTEGER PRIMARY KEY, x TEXT, y BIGINT, z REAL, m TEXT, a TEXT, b TEXT);"
        "INSERT INTO t VALUES (1, '4', NULL, NULL, 'p/q', NULL, NULL), (2, '4', 5, NULL, 'p/q', 'kept', NULL), (3, "
        "'4', NULL, 9, NULL, NULL, NULL), (4, 'much', NULL, NULL, 'p/q', NULL, NULL)");
    std::vector<PhysicalPair> const pairs{{.table = "t",
                                           .from = {{"x", Affinity::text}},
                                           .to = {{"y", Affinity::integer}},
                                           .up = {"CASE WHEN x GLOB '[0-9]*' THEN CAST(x AS INTEGER) END"},
                                           .down = {"CAST(y AS TEXT)"}},
                                          {.table = "t",
                                           .from = {{"y", Affinity::integer}},
                                           .to = {{"z", Affinity::real}},
                                           .up = {"y / 2.0"},
                                           .down = {"CAST(z * 2 AS INTEGER)"}},
                                          {.table = "t",
                                           .from = {{"m", Affinity::text}},
                                           .to = {{"a", Affinity::text}, {"b", Affinity::text}},
                                           .up = {"substr(m, 1, 1)", "substr(m, 3)"},
                                           .down = {"a || '/' || b"}}};
    database.run(fill("t", row_key(database, "t"), pairs, Range::all));
    CHECK(rows(database, "SELECT k, y, printf('%g', z), a, b FROM t") ==
          "1|4|'2'|'p'|'q'; 2|5|'2.5'|'kept'|NULL; 3|4|'9'|NULL|NULL; 4|NULL|'0'|'p'|'q'");
    CHECK(rows(database, "SELECT z FROM t WHERE k = 4") == "NULL");
}

TEST_CASE("compare: counts rows, those that are not in sync, and those that the new shape cannot give back") {
    auto const database = Connection::in_memory();
    database.run(
        "CREATE TABLE t (k INTEGER PRIMARY KEY, o TEXT, n BIGINT);"
        "INSERT INTO t VALUES (1, '5', 5), (2, NULL, NULL), (3, '5', 6), (4, '12 kB', 12), (5, '5', NULL)");
    auto const key = row_key(database, "t");
    // 3 and 5 differ; 4 is up(old), but its text is lost.
    CHECK(rows(database, compare(size_to_bytes, key, Range::all)) == "5|2|3");
    auto statement = database.prepare(find(size_to_bytes, key, "NOT (" + in_sync(size_to_bytes) + ")", Range::all));
    statement.bind(3, std::int64_t{10});
    std::string keys;
    while (statement.step()) keys += to_text(statement.value(0)) + "=" + to_text(statement.value(1)) + " ";
    CHECK(keys == "3='5' 5='5' ");
}

TEST_SUITE_END();
