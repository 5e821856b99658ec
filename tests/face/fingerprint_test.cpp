// What a database holds, in a few numbers.

#include "support/application.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

#include <stop_token>

using namespace evolver;
using namespace evolver::testing;

namespace {

struct One {
    One() : raw{folder.database()} {
        raw.connection().run(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a, r REAL, s TEXT COLLATE NOCASE);"
            "CREATE TABLE empty (x TEXT);"
            "INSERT INTO t VALUES (1, 1, 0.5, 'a'), (2, '1', 0.25, 'A'), (3, 1.0, NULL, NULL), (4, x'31', -2, 'b')");
        application.emplace(folder.database(), Plan{"p", {packages_migration()}});
    }
    [[nodiscard]] Fingerprint taken(FingerprintOptions const& options = {}) {
        return application->evolver.fingerprint(options);
    }
    Folder folder;
    RawSqlite raw;
    std::optional<Application> application;
};

ColumnFingerprint const& column(Fingerprint const& fingerprint, std::string_view name) {
    for (auto const& table : fingerprint.tables) {
        for (auto const& one : table.columns) {
            if (one.name == name) return one;
        }
    }
    FAIL("no such column");
    throw std::logic_error{"unreachable"};
}

}  // namespace

TEST_SUITE_BEGIN("face/fingerprint");

TEST_CASE("a fingerprint has rows and a digest of every table, and says nothing of evolver's own") {
    One one;
    auto const before = one.taken();
    REQUIRE(before.tables.size() == 2);
    CHECK(before.tables[0].name == "empty");
    CHECK(before.tables[0].rows == 0);
    CHECK(before.tables[1].rows == 4);
    CHECK(before.tables[1].digest.size() == 32);
    CHECK(before.tables[1].columns.empty());
    CHECK(one.taken() == before);
    CHECK(differences(before, one.taken()).empty());
    one.application->evolver.expand();
    CHECK(one.taken({.tables = {"T", "empty"}}).tables == before.tables);
}

TEST_CASE("rows and columns in another order have the same fingerprint") {
    One one;
    auto const before = one.taken({.columns = true});
    one.raw.connection().run(
        "CREATE TABLE other (s TEXT COLLATE NOCASE, r REAL, a, id INTEGER PRIMARY KEY); INSERT INTO other (id, a, r, "
        "s) "
        "SELECT id, a, r, s FROM t ORDER BY id DESC; DROP TABLE t; ALTER TABLE other RENAME TO t");
    CHECK(differences(before, one.taken({.columns = true})).empty());
}

TEST_CASE("a column is counted by what it stores") {
    One one;
    auto const found = one.taken({.columns = true, .show_values = true});
    auto const& a = column(found, "a");
    CHECK(a.values == 4);
    CHECK(a.nulls == 0);
    CHECK(a.integers == 1);
    CHECK(a.texts == 1);
    CHECK(a.reals == 1);
    CHECK(a.blobs == 1);
    CHECK(a.distinct == 4);
    CHECK(a.least == "1");
    CHECK(a.greatest == "x'31'");
    CHECK(a.sum == "2");
    auto const& r = column(found, "r");
    CHECK(r.nulls == 1);
    CHECK(r.least == "-2.0");
    CHECK(r.greatest == "0.5");
    CHECK(r.sum == "-1.25");
    auto const& s = column(found, "s");
    CHECK(s.distinct == 3);
    CHECK(s.least == "'A'");
    CHECK(s.greatest == "'b'");
    CHECK(s.sum.empty());
    CHECK(column(found, "x") == ColumnFingerprint{.name = "x"});
}

TEST_CASE("least and greatest values are digests unless they are asked for") {
    One one;
    auto const found = one.taken({.columns = true});
    CHECK(column(found, "s").least.size() == 32);
    CHECK(column(found, "s").least != column(found, "s").greatest);
}

TEST_CASE("a sum of integers is exact beyond 64 bits, in both directions") {
    One one;
    one.raw.connection().run(
        "CREATE TABLE big (n INTEGER, m INTEGER);"
        "INSERT INTO big VALUES (9223372036854775807, -9223372036854775808), (9223372036854775807, "
        "-9223372036854775808), (1, "
        "-1)");
    auto const found = one.taken({.tables = {"big"}, .columns = true});
    CHECK(column(found, "n").sum == "18446744073709551615");
    CHECK(column(found, "m").sum == "-18446744073709551617");
}

TEST_CASE("distinct values are counted exactly up to 1,024, and estimated above") {
    One one;
    one.raw.connection().run(
        "CREATE TABLE many (few, more);"
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 50000) INSERT INTO many SELECT i % "
        "1024, i FROM n");
    auto const found = one.taken({.tables = {"many"}, .columns = true});
    CHECK(column(found, "few").distinct == 1024);
    CHECK(column(found, "few").distinct_is_exact);
    CHECK_FALSE(column(found, "more").distinct_is_exact);
    CHECK(column(found, "more").distinct > 45'000);
    CHECK(column(found, "more").distinct < 55'000);
}

TEST_CASE("what differs is said in words: the table, the column and the number") {
    One one;
    auto const options = FingerprintOptions{.columns = true, .show_values = true};
    auto const before = one.taken(options);
    one.raw.run("UPDATE t SET s = NULL WHERE id = 4");
    auto const found = differences(before, one.taken(options));
    REQUIRE(found.size() == 5);
    CHECK(found[0] == "table t, column s: values 3 before, 2 after");
    CHECK(found[1] == "table t, column s: NULLs 1 before, 2 after");
    CHECK(found[4] == "table t, column s: greatest value 'b' before, 'a' after");
    one.raw.run("UPDATE t SET s = 'b' WHERE id = 4");
    CHECK(differences(before, one.taken(options)).empty());
    // Two values that changed their rows: only the digest tells.
    one.raw.run("UPDATE t SET s = iif(id = 1, 'A', 'a') WHERE id < 3");
    CHECK(differences(before, one.taken(options)) ==
          std::vector<std::string>{"table t: its rows do not hold the same"});
    one.raw.connection().run("DROP TABLE empty; CREATE TABLE full (x); INSERT INTO t VALUES (9, 9, 9, 9)");
    auto const more = differences(before, one.taken());
    CHECK(more == std::vector<std::string>{
                      "the schema is not the same", "table empty: it was there before, and is not after",
                      "table t: 4 rows before, 5 after", "table full: it was not there before, and is after"});
}

TEST_CASE(
    "a fingerprint is refused for a table that is not there, in an open transaction, and once it is told to stop") {
    One one;
    CHECK_THROWS_AS((void)one.taken({.tables = {"tt"}}), Error);
    std::stop_source source;
    source.request_stop();
    CHECK_THROWS_AS((void)one.taken({.stop = source.get_token()}), Error);
    one.application->db << "BEGIN";
    CHECK_THROWS_AS((void)one.taken(), Error);
}

TEST_CASE("rollback gives back the fingerprint of before expand") {
    Folder const folder;
    make_catalogue(folder.database(), 300);
    Application application{folder.database(), catalogue()};
    auto const before = application.evolver.fingerprint({.columns = true});
    application.evolver.expand();
    application.evolver.backfill();
    CHECK_FALSE(differences(before, application.evolver.fingerprint({.columns = true})).empty());
    application.evolver.rollback({.migration = "0003-title"});
    application.evolver.rollback({.migration = "0002-size-bytes"});
    CHECK(differences(before, application.evolver.fingerprint({.columns = true})).empty());
}

TEST_SUITE_END();
