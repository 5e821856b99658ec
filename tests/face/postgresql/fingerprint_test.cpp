// What a PostgreSQL database holds, in a few numbers: what is of this engine alone. The rest stands in both/fingerprint_test.cpp.

#include "evolver/evolver.hpp"
#include "support/packages.hpp"
#include "support/postgresql.hpp"

#include <doctest/doctest.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <atomic>
#include <string>
#include <thread>

using namespace evolver;
using namespace evolver::testing;

namespace {

struct World {
    [[nodiscard]] Fingerprint taken(FingerprintOptions const& options = {}) const {
        soci::session session{soci::postgresql, database.parameters()};
        Evolver evolver{session, Plan{"p", {packages_migration()}}};
        return evolver.fingerprint(options);
    }
    void run(std::string const& script) const { (void)database.connect().run(script); }

    PostgresqlDatabase database;
};

}  // namespace

TEST_SUITE_BEGIN("face/postgresql/fingerprint");

TEST_CASE("fingerprint on postgresql: all is of one moment while others write") {
    World const world;
    world.run(
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); INSERT INTO a SELECT "
        "generate_series(1, 500)");
    std::atomic<bool> done{false};
    std::thread writer{[&] {
        auto const connection = world.database.connect();
        for (bool forth = true; !done; forth = !forth)
            (void)connection.run(forth ? "BEGIN; INSERT INTO b SELECT id FROM a; DELETE FROM a; COMMIT"
                                       : "BEGIN; INSERT INTO a SELECT id FROM b; DELETE FROM b; COMMIT");
    }};
    for (int i = 0; i < 30; ++i) {
        auto const found = world.taken().tables;
        CHECK(found[0].rows + found[1].rows == 500);
    }
    done = true;
    writer.join();
}

TEST_CASE("fingerprint on postgresql: what a session or a database sets for texts does not matter") {
    World const world;
    world.run(
        "CREATE TABLE t (d date, r float8, b bytea, i interval, z timestamptz, m money);"
        "INSERT INTO t VALUES ('2024-03-01', 0.1 + 0.2, '\\x0102', '1 day 2 hours', '2024-03-01 12:00+00', '1.5')");
    FingerprintOptions const options{.columns = true};
    auto const before = world.taken(options);
    world.run(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET DateStyle = ''German''', current_database());"
        "EXECUTE format('ALTER DATABASE %I SET extra_float_digits = 0', current_database());"
        "EXECUTE format('ALTER DATABASE %I SET bytea_output = ''escape''', current_database());"
        "EXECUTE format('ALTER DATABASE %I SET IntervalStyle = ''iso_8601''', current_database());"
        "EXECUTE format('ALTER DATABASE %I SET TimeZone = ''Asia/Tokyo''', current_database()); END $$");
    CHECK(differences(before, world.taken(options)) == std::vector<std::string>{});
}

TEST_CASE("fingerprint on postgresql: columns are counted by what they are made of, and literals can be read") {
    World const world;
    world.run(
        "CREATE DOMAIN positive AS int CHECK (VALUE > 0);"
        "CREATE TABLE t (n numeric, r float8, b bytea, p positive, yes boolean, u uuid, s text, j json);"
        "INSERT INTO t VALUES (1.50, 'NaN', '\\xff', 3, true, NULL, 'it''s', '{}'), (2.5, 0.5, '\\x00', 4, false, "
        "NULL, 'ä', NULL)");
    auto const table = world.taken({.columns = true, .show_values = true}).tables[0];
    auto const of = [&](std::string const& name) {
        for (auto const& one : table.columns) {
            if (one.name == name) return one;
        }
        return ColumnFingerprint{};
    };
    CHECK(of("n").reals == 2);
    CHECK(of("n").sum == "4");
    CHECK(of("n").least == "1.50");
    CHECK(of("r").greatest == "'NaN'");
    CHECK(of("b").blobs == 2);
    CHECK(of("b").least == "'\\x00'");
    CHECK(of("b").greatest == "'\\xff'");
    CHECK(of("p").integers == 2);
    CHECK(of("p").sum == "7");
    CHECK(of("yes").texts == 2);
    CHECK(of("yes").least == "'false'");
    CHECK(of("u").nulls == 2);
    CHECK(of("u").least.empty());
    CHECK(of("s").least == "'it''s'");
    CHECK(of("j").values == 1);
}

TEST_CASE("fingerprint on postgresql: a table with many columns, odd names, and the rows of partitions") {
    World const world;
    std::string wide = "CREATE TABLE wide (";
    for (int i = 0; i < 900; ++i) wide += (i > 0 ? ", c" : "c") + std::to_string(i) + " int";
    world.run(wide +
              "); INSERT INTO wide (c0, c899) VALUES (1, 2); "
              "CREATE TABLE \"Odd \"\"name\" (\"a b\" int); INSERT INTO \"Odd \"\"name\" VALUES (1);"
              "CREATE TABLE parted (id int) PARTITION BY RANGE (id); CREATE TABLE part PARTITION OF parted FOR VALUES "
              "FROM (0) TO (9); INSERT INTO parted VALUES (1), (2)");
    auto const found = world.taken({.columns = true});
    REQUIRE(found.tables.size() == 4);
    CHECK(found.tables[0].name == "Odd \"name");
    CHECK(found.tables[0].columns[0].sum == "1");
    CHECK(found.tables[1].rows == 2);
    CHECK(found.tables[2].rows == 2);
    CHECK(found.tables[3].columns.size() == 900);
    CHECK(found.tables[3].columns.back().name == "c99");
}

TEST_CASE("fingerprint on postgresql: rows that a policy hides are an error, and not left out") {
    World const world;
    world.run(
        "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2); ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE "
        "t "
        "FORCE ROW LEVEL SECURITY; CREATE POLICY first_only ON t USING (id = 1);"
        "DO $$ BEGIN CREATE ROLE evolver_reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        "GRANT SELECT ON t TO evolver_reader; GRANT USAGE ON SCHEMA public TO evolver_reader");
    soci::session session{soci::postgresql, world.database.parameters() + " user=evolver_reader"};
    Evolver evolver{session, Plan{"p", {packages_migration()}}};
    CHECK_THROWS_WITH_AS((void)evolver.fingerprint(), doctest::Contains("row-level security"), Error);
}

TEST_SUITE_END();
