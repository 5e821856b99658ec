// Sync::application on a real server, beside what tests/both has: who is waited for there, and what no trigger means for the ways back.

#include "evolver/evolver.hpp"
#include "evolver/fleet/gate.hpp"
#include "evolver/ledger/ledger_error.hpp"
#include "execute/postgresql/contract.hpp"
#include "support/packages.hpp"
#include "support/postgresql.hpp"

#include <doctest/doctest.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

Plan catalogue(std::vector<Operation> operations = {ChangeType{.table = "packages",
                                                               .from = "size",
                                                               .to = "bytes",
                                                               .type = integer(),
                                                               .up = "CAST(size AS bigint)",
                                                               .down = "CAST(bytes AS text)"}}) {
    return {"catalogue",
            {packages_migration(),
             {.id = "0002-change", .release = "2.0", .operations = std::move(operations), .sync = Sync::application}}};
}

/// Release 1.0 with packages 1 … 3.
struct World {
    explicit World(Plan all = catalogue()) : plan{std::move(all)} {
        Evolver{first, plan.until("1.0"), {.release = "1.0"}}.expand();
        run("INSERT INTO packages (id, name, size) VALUES (1, 'a', '10'), (2, 'b', '20'), (3, 'c', '30')");
    }

    void run(std::string const& sql) const { database.connect().run(sql); }
    [[nodiscard]] std::string text(std::string const& sql) const { return database.connect().text(sql); }
    [[nodiscard]] std::string rows(std::string const& columns) const {
        return text("SELECT string_agg(concat_ws('|', id, " + columns + "), '; ' ORDER BY id) FROM packages");
    }
    static void write(Evolver& evolver, soci::session& session, int id, long long bytes) {
        auto const packages = evolver.table("packages");
        session << packages.update({"bytes"}) + " WHERE id = :id", soci::use(bytes, "bytes"), soci::use(id, "id");
    }

    Plan plan;
    PostgresqlDatabase database;
    soci::session first{soci::postgresql, database.parameters()};
    soci::session second{soci::postgresql, database.parameters()};
};

}  // namespace

TEST_SUITE_BEGIN("face/postgresql/application_sync");

TEST_CASE("application_sync on postgresql: no trigger is made, and none is missed") {
    World world;
    Evolver evolver{world.first, world.plan};
    evolver.expand();
    CHECK(world.text("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = 'packages'::regclass") ==
          "0");
    CHECK(evolver.status().missing_triggers.empty());
}

TEST_CASE("application_sync on postgresql: a statement from before expand, which writes the old shape, is waited for") {
    World world;
    Evolver early{world.second, world.plan};
    early.attach();
    std::optional<Pin> held{early.pin()};
    Evolver evolver{world.first, world.plan};
    evolver.expand();
    CHECK_FALSE(evolver.advance(50ms));
    CHECK(evolver.why().find("not acknowledged yet by release 2.0") != std::string::npos);
    early.heartbeat();
    early.heartbeat();
    CHECK_FALSE(evolver.advance(50ms));
    CHECK(world.text("SELECT floor FROM evolver_fleet") == "0");
    held.reset();
    early.heartbeat();
    evolver.backfill();
    CHECK(world.rows("bytes") == "1|10; 2|20; 3|30");
    CHECK(world.text("SELECT floor FROM evolver_fleet") == "1");
}

TEST_CASE("application_sync on postgresql: an older instance that is gone is waited for until its lease is over") {
    World world;
    auto old = std::make_unique<Evolver>(world.second, world.plan.until("1.0"), Options{.release = "1.0"});
    old->heartbeat();
    Evolver evolver{world.first, world.plan};
    evolver.expand();
    CHECK_THROWS_AS(evolver.backfill(), GateClosed);
    world.run("UPDATE evolver_instance SET expires_at = clock_timestamp() - interval '1 second' WHERE release = '1.0'");
    evolver.backfill();
    CHECK(world.rows("bytes") == "1|10; 2|20; 3|30");
    CHECK_THROWS_AS(old->heartbeat(), SchemaTooNew);
}

TEST_CASE("application_sync on postgresql: what an older program has begun to write is waited for, and filled") {
    World world;
    Evolver evolver{world.first, world.plan};
    evolver.expand();
    auto const old = world.database.connect();
    old.run("BEGIN");
    old.run("INSERT INTO packages (id, name, size) VALUES (9, 'z', '90')");
    CHECK(evolver.advance(1ms));
    CHECK(world.text("SELECT floor FROM evolver_fleet") == "0");
    old.run("COMMIT");
    evolver.backfill();
    CHECK(world.rows("bytes") == "1|10; 2|20; 3|30; 9|90");
}

TEST_CASE("application_sync on postgresql: a rollback that is given up has everything filled again") {
    World world;
    Evolver evolver{world.first, world.plan};
    evolver.expand();
    evolver.backfill();
    (void)evolver.reconcile();
    // As a rollback leaves it that was interrupted.
    world.run(
        "UPDATE evolver_migration SET stage = 'off' WHERE position = 1; UPDATE evolver_fleet SET epoch = epoch + 1");
    evolver.heartbeat();
    evolver.heartbeat();
    World::write(evolver, world.first, 1, 11);
    CHECK(world.rows("size, bytes") == "1|11|10; 2|20|20; 3|30|30");
    CHECK(evolver.advance_stage() == Stage::dual);
    CHECK_FALSE(evolver.status().migrations.at(1).filled);
    CHECK_THROWS_AS((void)evolver.reconcile(), GateClosed);
    evolver.backfill();
    CHECK(world.rows("size, bytes") == "1|11|11; 2|20|20; 3|30|30");
    CHECK(evolver.reconcile().different() == 0);
    // The floor from before the first backfill is known still.
    evolver.rollback({.migration = "0002-change"});
    CHECK(world.text("SELECT floor FROM evolver_fleet") == "0");
}

TEST_CASE(
    "application_sync on postgresql: a value that cannot be converted is nothing in the new shape, not an old value") {
    World world;
    Evolver evolver{world.first, world.plan};
    evolver.expand();
    World::write(evolver, world.first, 1, 11);
    world.run("UPDATE packages SET size = '12 kB' WHERE id = 1");
    evolver.backfill();
    CHECK(world.text("SELECT bytes IS NULL FROM packages WHERE id = 1") == "t");
    CHECK(world.rows("bytes") == "1; 2|20; 3|30");
}

TEST_CASE(
    "application_sync on postgresql: an insert that leaves the new column out has what the old one's default makes of "
    "it") {
    World world;
    world.run("ALTER TABLE packages ALTER COLUMN size SET DEFAULT '5'");
    Evolver evolver{world.first, world.plan};
    evolver.expand();
    evolver.backfill();
    int id = 9;
    std::string name = "z";
    world.first << evolver.table("packages").insert({"id", "name"}), soci::use(id, "id"), soci::use(name, "name");
    CHECK(world.rows("size, bytes") == "1|10|10; 2|20|20; 3|30|30; 9|5|5");
    CHECK(evolver.reconcile().different() == 0);
}

TEST_CASE("application_sync on postgresql: once contract has left the old shape there is no way back, and it goes on") {
    World world;
    world.run(
        "ALTER TABLE packages ALTER COLUMN size SET NOT NULL, ADD CONSTRAINT some_size CHECK (coalesce(size, '') <> "
        "'')");
    Evolver evolver{world.first, world.plan, {.soak = 0s}};
    evolver.expand();
    evolver.backfill();
    (void)evolver.reconcile();
    evolver.heartbeat();
    evolver.heartbeat();
    {
        // What contract does before the instances have left the old columns, and is killed.
        postgresql::Site site{world.database.connect(), world.plan, {.release = "2.0"}};
        postgresql::complete_stage(site, 0s, 1, {.reason = "a test"});
    }
    evolver.heartbeat();
    evolver.heartbeat();
    int id = 9;
    std::string name = "z";
    long long bytes = 90;
    world.first << evolver.table("packages").insert({"id", "name", "bytes"}), soci::use(id, "id"),
        soci::use(name, "name"), soci::use(bytes, "bytes");
    CHECK(world.rows("coalesce(size, 'NULL'), bytes") == "1|10|10; 2|20|20; 3|30|30; 9|NULL|90");
    CHECK_THROWS_WITH_AS((void)evolver.step_back({.reason = "no"}), doctest::Contains("nobody has filled"),
                         HistoryError);
    CHECK_THROWS_WITH_AS(evolver.rollback({.migration = "0002-change"}), doctest::Contains("nobody has filled"),
                         HistoryError);
    CHECK(evolver.reconcile().different() == 0);
    evolver.contract();
    CHECK(world.rows("bytes") == "1|10; 2|20; 3|30; 9|90");
    CHECK(world.text("SELECT count(*) FROM pg_attribute WHERE attrelid = 'packages'::regclass AND attname = 'size'") ==
          "0");
}

TEST_CASE("application_sync on postgresql: a second name is refused by name, before the first write") {
    World world{catalogue({RenameColumn{.table = "packages", .from = "name", .to = "title"}})};
    Evolver evolver{world.first, world.plan};
    CHECK_THROWS_WITH_AS(evolver.expand(), doctest::Contains("a second name is a column here"), PlanError);
    CHECK(world.text("SELECT count(*) FROM evolver_migration") == "1");
}

TEST_SUITE_END();
