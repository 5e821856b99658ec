// Two databases, row by row.

#include "evolver/execute/compare_databases.hpp"

#include "evolver/dialect/engine_error.hpp"
#include "support/application.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <stop_token>

using namespace evolver;
using namespace evolver::testing;

namespace {

/// The rows 1 … 40,000 in a table with all that equality does not tell apart.
constexpr char const* with_key =
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a, r REAL, c TEXT COLLATE NOCASE, s TEXT);"
    "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 40000) INSERT INTO t SELECT i, iif(i % "
    "2, '1', i), 0.3, 'abc', CASE i WHEN 30010 THEN NULL WHEN 30020 THEN '' ELSE 'text ' || i END FROM n;";

struct Two {
    explicit Two(std::string const& make) {
        RawSqlite const original{before()};
        original.connection().run(make);
        std::filesystem::copy_file(before(), after());
    }
    [[nodiscard]] std::string before() const { return folder.file("before #1.db"); }
    [[nodiscard]] std::string after() const { return folder.file("after?%.db"); }
    void change(std::string const& sql) const { RawSqlite{after()}.connection().run(sql); }
    [[nodiscard]] DatabaseDifference compared(CompareOptions const& options = {}) const {
        return compare_databases(before(), after(), options);
    }
    Folder folder;
};

/// "changed 7 (s) extra 8"
std::string named(DatabaseDifference const& difference) {
    std::string words;
    for (auto const& table : difference.tables) {
        for (auto const& row : table.rows) words += (words.empty() ? "" : "; ") + row.text();
    }
    return words;
}

}  // namespace

TEST_SUITE_BEGIN("face/compare_databases");

TEST_CASE("two copies are equal, and say how many rows were compared") {
    Two const two{with_key};
    auto const found = two.compared();
    CHECK(found.equal());
    CHECK(found.text().empty());
    REQUIRE(found.tables.size() == 1);
    CHECK(found.tables[0].rows_before == 40'000);
    CHECK(found.tables[0].rows_after == 40'000);
}

TEST_CASE("planted corruption between two databases is found every time, and named by key") {
    struct Planted {
        char const* sql;
        char const* named;
    };
    Two const two{with_key};
    for (auto const& planted :
         {Planted{"UPDATE t SET s = 'x' WHERE id = 30007", "changed: key 30007 (s)"},
          Planted{"UPDATE t SET s = CASE id WHEN 8 THEN 'text 30009' ELSE 'text 8' END WHERE id IN (8, 30009)",
                  "changed: key 8 (s); changed: key 30009 (s)"},
          Planted{"DELETE FROM t WHERE id = 30001", "missing: key 30001"},
          Planted{"INSERT INTO t SELECT 90000, a, r, c, s FROM t WHERE id = 30001", "extra: key 90000"},
          Planted{"INSERT INTO t SELECT -5, a, r, c, s FROM t WHERE id = 30001", "extra: key -5"},
          Planted{"UPDATE t SET s = '' WHERE id = 30010", "changed: key 30010 (s)"},
          Planted{"UPDATE t SET s = NULL WHERE id = 30020", "changed: key 30020 (s)"},
          Planted{"UPDATE t SET a = 1 WHERE id = 30001", "changed: key 30001 (a)"},
          Planted{"UPDATE t SET a = 30002.0 WHERE id = 30002", "changed: key 30002 (a)"},
          Planted{"UPDATE t SET a = x'31' WHERE id = 30003", "changed: key 30003 (a)"},
          Planted{"UPDATE t SET r = 0.30000000000000004 WHERE id = 30004", "changed: key 30004 (r)"},
          Planted{"UPDATE t SET c = 'ABC' WHERE id = 30005", "changed: key 30005 (c)"},
          Planted{"UPDATE t SET id = 70000 WHERE id = 30006", "missing: key 30006; extra: key 70000"},
          Planted{"UPDATE t SET s = 'x', c = 'y' WHERE id IN (1, 40000)",
                  "changed: key 1 (c, s); changed: key 40000 (c, s)"}}) {
        CAPTURE(std::string{planted.sql});
        std::filesystem::copy_file(two.before(), two.after(), std::filesystem::copy_options::overwrite_existing);
        two.change(planted.sql);
        auto const found = two.compared();
        CHECK_FALSE(found.equal());
        CHECK(named(found) == planted.named);
    }
}

TEST_CASE("values are shown where that is asked for, and nowhere else") {
    Two const two{with_key};
    two.change("UPDATE t SET s = 'secret' WHERE id = 7; DELETE FROM t WHERE id = 8");
    CHECK_FALSE(has(two.compared().text(), "secret"));
    auto const shown = two.compared({.show_values = true}).text();
    CHECK(has(shown, "changed: key 7 (s) · before: s = 'text 7' · after: s = 'secret'"));
    CHECK(has(shown, "missing: key 8 · before: a = 8, c = 'abc', id = 8, r = "));
}

TEST_CASE("many differences are all counted, and the first of them named") {
    Two const two{with_key};
    two.change("UPDATE t SET s = 'x' WHERE id % 10 = 0; DELETE FROM t WHERE id % 1000 = 1");
    auto const found = two.compared({.samples = 3});
    CHECK(found.tables[0].changed == 4000);
    CHECK(found.tables[0].missing == 40);
    CHECK(found.tables[0].rows.size() == 3);
    CHECK(has(found.text(), "…"));
    CHECK(two.compared({.most_differences = 5}).tables[0].changed < 4000);
}

TEST_CASE("rows are named in the order of their keys, however they differ") {
    Folder const folder;
    auto const make = [&](std::string const& name, std::string const& change) {
        auto const path = folder.file(name);
        RawSqlite{path}.connection().run(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, x); WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 "
            "FROM "
            "n WHERE i < 9) INSERT INTO t SELECT i, 'a' FROM n;" +
            change);
        return path;
    };
    auto const found = compare_databases(
        make("one", "SELECT 1"),
        make("two",
             "DELETE FROM t WHERE id IN (1, 9); INSERT INTO t VALUES (-5, 'a'), (12, 'a'); UPDATE t SET x = 'b' "
             "WHERE id IN (2, 7)"));
    std::string order;
    for (auto const& row : found.tables.at(0).rows) order += row.text().substr(0, row.text().find(' ')) + row.key + " ";
    CHECK(order == "extra:-5 missing:1 changed:2 changed:7 missing:9 extra:12 ");
}

TEST_CASE("rows are matched by keys of every kind") {
    for (auto const* create : {"CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY, v) WITHOUT ROWID;"
                               "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 50) INSERT "
                               "INTO t SELECT 'key' || i, i "
                               "FROM n",
                               "CREATE TABLE t (k, part, v, PRIMARY KEY (part, k)) WITHOUT ROWID;"
                               "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 50) INSERT "
                               "INTO t SELECT 'key' || i, i "
                               "% 3, i FROM n",
                               "CREATE TABLE t (v, k TEXT PRIMARY KEY);"
                               "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 50) INSERT "
                               "INTO t SELECT i, 'key' || i "
                               "FROM n"}) {
        CAPTURE(std::string{create});
        Two const two{create};
        CHECK(two.compared().equal());
        two.change("UPDATE t SET v = 'x' WHERE k = 'key7'; DELETE FROM t WHERE k = 'key9'");
        auto const found = two.compared();
        CHECK(found.tables[0].changed == 1);
        CHECK(found.tables[0].missing == 1);
        CHECK(found.tables[0].extra == 0);
    }
    Two const two{
        "CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO t VALUES ('a', 1), ('b', 2)"};
    two.change("UPDATE t SET k = 'B' WHERE k = 'b'");
    CHECK(named(two.compared()) == "changed: key 'b' (k)");
}

TEST_CASE("without a key, rows are the same in whatever order, and a row that is there twice shows") {
    Two const two{"CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c'), (1, 'a')"};
    two.change("DELETE FROM t; INSERT INTO t VALUES (1, 'a'), (1, 'a'), (3, 'c'), (2, 'b')");
    CHECK(two.compared().equal());
    CHECK(two.compared().tables[0].without_key);
    two.change("INSERT INTO t VALUES (3, 'c')");
    CHECK(two.compared().tables[0].extra == 1);
    CHECK_FALSE(two.compared().equal());
}

TEST_CASE("without a key, no row is named where all are there in another order, however far apart") {
    Two const two{
        "CREATE TABLE t (a); WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 40000) INSERT "
        "INTO t "
        "SELECT i FROM n"};
    two.change(
        "CREATE TABLE u AS SELECT a FROM t ORDER BY a DESC; DELETE FROM t; INSERT INTO t SELECT a FROM u; DROP TABLE "
        "u");
    auto const found = two.compared();
    CHECK(found.equal());
    CHECK(found.tables[0].rows.empty());
    CHECK(found.tables[0].changed == 0);
}

TEST_CASE("what only one schema has is said in words, and the columns of both are compared") {
    Two const two{with_key};
    two.change("ALTER TABLE t ADD COLUMN more TEXT; CREATE TABLE other (id INTEGER PRIMARY KEY)");
    auto const found = two.compared();
    CHECK_FALSE(found.equal());
    CHECK(found.schema.size() == 2);
    CHECK(has(found.text(), "t.more"));
    CHECK(has(found.text(), "other"));
    CHECK(found.tables[0].equal);
}

TEST_CASE("tables whose keys are not the same are compared as sets of rows") {
    Two const two{"CREATE TABLE t (a INTEGER, b TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b')"};
    two.change("DROP TABLE t; CREATE TABLE t (b TEXT, a INTEGER PRIMARY KEY); INSERT INTO t VALUES ('a', 1), ('b', 2)");
    auto const found = two.compared();
    CHECK(found.tables[0].equal);
    CHECK_FALSE(found.schema.empty());
    two.change("UPDATE t SET b = 'x' WHERE a = 1");
    CHECK(has(two.compared().text(), "they are not the same"));
}

TEST_CASE("comparing writes nothing, and a database that is not there is refused") {
    Two const two{with_key};
    auto const bytes = bytes_of(two.before()) + bytes_of(two.after());
    (void)two.compared();
    CHECK(bytes_of(two.before()) + bytes_of(two.after()) == bytes);
    CHECK_THROWS_WITH_AS((void)compare_databases(two.before(), two.folder.file("none.db")),
                         doctest::Contains("none.db"), EngineError);
    CHECK_THROWS_WITH_AS((void)compare_databases(two.folder.file("none.db"), two.before()),
                         doctest::Contains("none.db"), EngineError);
    CHECK_THROWS_AS((void)two.compared({.tables = {"tt"}}), Error);
    std::stop_source source;
    source.request_stop();
    CHECK_THROWS_AS((void)two.compared({.stop = source.get_token()}), Error);
}

TEST_CASE("a migrated database keeps every row: before and after are compared table by table") {
    Folder const folder;
    make_catalogue(folder.database(), 200);
    auto const copy = folder.file("before.db");
    RawSqlite{folder.database()}.run("VACUUM INTO '" + copy + "'");
    Application application{folder.database(), catalogue()};
    application.evolver.expand();
    application.evolver.backfill();
    application.evolver.reconcile();
    auto const found = compare_databases(copy, folder.database());
    REQUIRE(found.tables.size() == 1);
    CHECK(found.tables[0].equal);
    CHECK(has(found.text(), "size_bytes"));
}

TEST_SUITE_END();
