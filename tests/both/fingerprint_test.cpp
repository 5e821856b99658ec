// What a database holds, in a few numbers.

#include "both/world.hpp"

#include <doctest/doctest.h>

#include <stop_token>

using namespace evolver;
using namespace evolver::testing;

namespace {

struct One {
    One() {
        outside.run("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, s TEXT)");
        outside.run("CREATE TABLE empty (x TEXT)");
        outside.run("INSERT INTO t VALUES (1, 7, 'a'), (2, 7, 'A'), (3, NULL, NULL), (4, -2, 'b')");
    }
    [[nodiscard]] Fingerprint taken(FingerprintOptions const& options = {}) { return evolver.fingerprint(options); }

    Database database;
    Asked outside{database};
    Asked session{database};
    Evolver evolver{session.db, Plan{"p", {packages_migration()}}};
};

ColumnFingerprint column(Fingerprint const& fingerprint, std::string_view name) {
    for (auto const& table : fingerprint.tables) {
        for (auto const& one : table.columns) {
            if (one.name == name) return one;
        }
    }
    FAIL("no such column");
    return {};
}

}  // namespace

TEST_SUITE_BEGIN("both/fingerprint");

TEST_CASE("fingerprint: it has rows and a digest of every table, and says nothing of evolver's own") {
    One one;
    auto const before = one.taken();
    REQUIRE(before.tables.size() == 2);
    CHECK(before.schema.size() == 32);
    CHECK(before.tables[0].name == "empty");
    CHECK(before.tables[0].rows == 0);
    CHECK(before.tables[1].rows == 4);
    CHECK(before.tables[1].digest.size() == 32);
    CHECK(before.tables[1].digest != before.tables[0].digest);
    CHECK(before.tables[1].columns.empty());
    CHECK(one.taken() == before);
    CHECK(differences(before, one.taken()).empty());
    one.evolver.expand();
    CHECK(one.taken({.tables = {"T", "empty"}}).tables == before.tables);
    CHECK(one.taken().tables.size() == 3);
}

TEST_CASE("fingerprint: rows and columns in another order are the same") {
    One one;
    auto const before = one.taken({.columns = true});
    one.outside.run("CREATE TABLE other (s TEXT, n INTEGER, id INTEGER PRIMARY KEY)");
    one.outside.run("INSERT INTO other (id, n, s) SELECT id, n, s FROM t ORDER BY id DESC");
    one.outside.run("DROP TABLE t");
    one.outside.run("ALTER TABLE other RENAME TO t");
    CHECK(differences(before, one.taken({.columns = true})).empty());
}

TEST_CASE("fingerprint: a row that is there twice shows, and values that changed their rows do") {
    One one;
    one.outside.run("INSERT INTO empty VALUES ('x')");
    auto const once = one.taken();
    one.outside.run("INSERT INTO empty VALUES ('x')");
    auto const twice = one.taken();
    CHECK(differences(once, twice) == std::vector<std::string>{"table empty: 1 rows before, 2 after"});
    CHECK(once.tables[0].digest != twice.tables[0].digest);
    one.outside.run("UPDATE t SET s = CASE WHEN id = 1 THEN 'A' ELSE 'a' END WHERE id < 3");
    CHECK(differences(twice, one.taken({.columns = true})) ==
          std::vector<std::string>{"table t: its rows do not hold the same"});
    one.outside.run("UPDATE empty SET x = NULL");
    auto const null = one.taken();
    one.outside.run("UPDATE empty SET x = ''");
    CHECK(one.taken().tables[0].digest != null.tables[0].digest);
}

TEST_CASE(
    "fingerprint: columns are counted, and their least and greatest values are digests unless they are asked for") {
    One one;
    auto const found = one.taken({.columns = true, .show_values = true});
    auto const n = column(found, "n");
    CHECK(n.values == 3);
    CHECK(n.nulls == 1);
    CHECK(n.integers == 3);
    CHECK(n.texts == 0);
    CHECK(n.distinct == 2);
    CHECK(n.distinct_is_exact);
    CHECK(n.least == "-2");
    CHECK(n.greatest == "7");
    CHECK(n.sum == "12");
    auto const s = column(found, "s");
    CHECK(s.texts == 3);
    CHECK(s.distinct == 3);
    CHECK(s.least == "'A'");
    CHECK(s.greatest == "'b'");
    CHECK(s.sum.empty());
    CHECK(column(found, "x") == ColumnFingerprint{.name = "x"});
    auto const hidden = column(one.taken({.columns = true}), "s");
    CHECK(hidden.least.size() == 32);
    CHECK(hidden.least != hidden.greatest);
}

TEST_CASE("fingerprint: a sum is exact beyond 64 bits, and distinct values above 1,024 are estimated") {
    One one;
    one.outside.run("CREATE TABLE big (n BIGINT, m BIGINT)");
    one.outside.run(
        "INSERT INTO big VALUES (9223372036854775807, -9223372036854775808), (9223372036854775807, "
        "-9223372036854775808), (1, -1)");
    auto const big = one.taken({.tables = {"big"}, .columns = true});
    CHECK(column(big, "n").sum == "18446744073709551615");
    CHECK(column(big, "m").sum == "-18446744073709551617");
    one.outside.run("CREATE TABLE many (few INTEGER, more INTEGER)");
    one.outside.run(
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 30000) INSERT INTO many SELECT i % "
        "1024, i FROM n");
    auto const found = one.taken({.tables = {"many"}, .columns = true});
    CHECK(found.tables[0].rows == 30'000);
    CHECK(column(found, "few").distinct == 1024);
    CHECK(column(found, "few").distinct_is_exact);
    CHECK_FALSE(column(found, "more").distinct_is_exact);
    CHECK(column(found, "more").distinct > 27'000);
    CHECK(column(found, "more").distinct < 33'000);
}

TEST_CASE("fingerprint: what differs is said in words: the table, the column and the number") {
    One one;
    FingerprintOptions const options{.columns = true, .show_values = true};
    auto const before = one.taken(options);
    one.outside.run("UPDATE t SET s = NULL WHERE id = 4");
    auto const found = differences(before, one.taken(options));
    REQUIRE(found.size() == 5);
    CHECK(found[0] == "table t, column s: values 3 before, 2 after");
    CHECK(found[1] == "table t, column s: NULLs 1 before, 2 after");
    CHECK(found[4] == "table t, column s: greatest value 'b' before, 'a' after");
    one.outside.run("UPDATE t SET s = 'b' WHERE id = 4");
    CHECK(differences(before, one.taken(options)).empty());
    one.outside.run("DROP TABLE empty");
    one.outside.run("CREATE TABLE extra (x TEXT)");
    one.outside.run("INSERT INTO t VALUES (9, 9, '9')");
    CHECK(differences(before, one.taken()) ==
          std::vector<std::string>{"the schema is not the same", "table empty: it was there before, and is not after",
                                   "table t: 4 rows before, 5 after",
                                   "table extra: it was not there before, and is after"});
}

TEST_CASE("fingerprint: refused for a table that is not there, in an open transaction, and at once when told to stop") {
    One one;
    CHECK(has(message_of([&] { (void)one.taken({.tables = {"tt"}}); }), "There is no table \"tt\""));
    std::stop_source source;
    source.request_stop();
    auto const start = std::chrono::steady_clock::now();
    try {
        (void)one.taken({.stop = source.get_token()});
        FAIL("it was told to stop");
    } catch (Error const& error) {
        CHECK(has(error.what(), "told to stop"));
        CHECK(error.retry_helps());
    }
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{5});
    one.session.db << "BEGIN";
    CHECK_THROWS_AS((void)one.taken(), Error);
}

TEST_CASE("fingerprint: rollback gives back that of before expand") {
    World world{{ChangeType{.table = "packages",
                            .from = "size",
                            .to = "bytes",
                            .type = integer(),
                            .up = "CAST(size AS BIGINT)",
                            .down = "CAST(bytes AS TEXT)"},
                 RenameColumn{.table = "packages", .from = "name", .to = "title"}}};
    auto const before = world.evolver.fingerprint({.columns = true});
    world.evolver.expand();
    world.evolver.backfill();
    CHECK_FALSE(differences(before, world.evolver.fingerprint({.columns = true})).empty());
    world.evolver.rollback({.migration = "0002-change"});
    CHECK(differences(before, world.evolver.fingerprint({.columns = true})) == std::vector<std::string>{});
}

TEST_SUITE_END();
