// What a migration must leave as it is: what is of PostgreSQL alone. The rest stands in both/invariant_test.cpp.

#include "evolver/evolver.hpp"
#include "support/postgresql.hpp"
#include "support/postgresql_catalogue.hpp"

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
    explicit World(Migration next) : plan{"catalogue", {packages(), std::move(next)}} {
        soci::session session{soci::postgresql, database.parameters()};
        Evolver{session, plan.until("1.0")}.expand();
        run("INSERT INTO packages (id, name, size) SELECT i, 'package-' || i, '10' FROM generate_series(1, 5) AS i;"
            "CREATE VIEW counted AS SELECT count(*) AS packages FROM packages;"
            "CREATE FUNCTION packages() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT c.packages FROM "
            "counted AS c); END'");
    }
    void run(std::string const& script) const { (void)database.connect().run(script); }

    PostgresqlDatabase database;
    Plan plan;
};

Migration raw(RawSql sql, Invariant invariant) {
    return {.id = "0002", .release = "2.0", .operations = {std::move(sql)}, .invariants = {std::move(invariant)}};
}

}  // namespace

TEST_SUITE_BEGIN("face/postgresql/invariant");

TEST_CASE(
    "invariant on postgresql: nobody writes between its two answers, whatever view or function it reads through") {
    auto const invariant = Invariant{.name = "packages", .before = "SELECT packages()"};
    auto const pause = "DO 'BEGIN PERFORM pg_sleep(0.3); END'";
    World world{raw({.expand = pause, .contract = pause}, invariant)};
    std::atomic<bool> done{false};
    std::thread writer{[&] {
        auto const connection = world.database.connect();
        for (int id = 100; !done; ++id)
            (void)connection.run("INSERT INTO packages (id, name, size) VALUES (" + std::to_string(id) + ", 'p', '1')");
    }};
    soci::session session{soci::postgresql, world.database.parameters()};
    Evolver evolver{session, world.plan};
    CHECK_NOTHROW((void)evolver.expand());
    CHECK_NOTHROW((void)evolver.reconcile());
    CHECK_NOTHROW((void)evolver.contract({.override_gates = {{"soak", "a test"}}}));
    done = true;
    writer.join();
    CHECK(evolver.status().migrations[1].phase == Phase::contracted);
}

TEST_CASE("invariant on postgresql: a function that writes is refused when it is asked, and has written nothing") {
    World world{raw({.expand = "CREATE TABLE other (id int)"}, {.name = "odd", .before = "SELECT shrink()"})};
    world.run("CREATE FUNCTION shrink() RETURNS int LANGUAGE sql AS 'DELETE FROM packages; SELECT 1'");
    soci::session session{soci::postgresql, world.database.parameters()};
    Evolver evolver{session, world.plan};
    CHECK_THROWS_WITH_AS((void)evolver.expand(), doctest::Contains("read-only transaction"), Error);
    CHECK(world.database.connect().integer("SELECT count(*) FROM packages") == 5);
    CHECK(world.database.connect().text("SELECT to_regclass('other') IS NULL") == "t");
}

TEST_CASE("invariant on postgresql: one that fails on the rows is told by its name, without the row's values") {
    World world{raw({.expand = "CREATE TABLE other (id int)"},
                    {.name = "odd", .before = "SELECT sum(CAST(name AS int)) FROM packages"})};
    soci::session session{soci::postgresql, world.database.parameters()};
    Evolver evolver{session, world.plan};
    try {
        (void)evolver.expand();
        FAIL("a name is no number");
    } catch (Error const& error) {
        std::string const words = error.what();
        CHECK(words.starts_with("Migration \"0002\", invariant \"odd\": PostgreSQL 22P02: "));
        CHECK(words.find("package-") == std::string::npos);
        CHECK(error.database_changed() == Changed::no);
    }
    CHECK(world.database.connect().text("SELECT to_regclass('other') IS NULL") == "t");
}

TEST_SUITE_END();
