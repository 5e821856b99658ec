// Another primary key on a real server: proven beside writers, and put in the place of the old one at once.

#include "evolver/evolver.hpp"
#include "evolver/fleet/gate.hpp"
#include "support/postgresql.hpp"
#include "support/postgresql_catalogue.hpp"

#include <doctest/doctest.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <string>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

Migration new_key() {
    return {
        .id = "0002-key",
        .release = "2.0",
        .operations = {ChangePrimaryKey{.table = "packages", .name = "packages_by_name", .columns = {"name", "size"}}}};
}

struct World {
    World() {
        Evolver{session, plan.until("1.0"), {.release = "1.0"}}.expand();
        session
            << "INSERT INTO packages (id, name, size) SELECT i, 'package-' || i, i FROM generate_series(1, 500) AS i";
    }
    [[nodiscard]] std::string one(std::string const& sql) const { return database.connect().text(sql); }
    [[nodiscard]] std::string key() const {
        return one(
            "SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = "
            "to_regclass('packages') AND contype = 'p'");
    }

    Plan plan{"catalogue", {packages(), new_key()}};
    PostgresqlDatabase database;
    soci::session session{soci::postgresql, database.parameters()};
};

}  // namespace

TEST_SUITE_BEGIN("face/postgresql/change_primary_key");

TEST_CASE("change primary key on postgresql: contract puts the new key in the place of the old one, under its name") {
    World world;
    Evolver evolver{world.session, world.plan, {.release = "2.0", .soak = 0s}};
    evolver.expand();
    evolver.backfill(Speed::full);
    CHECK(world.one("SELECT to_regclass('packages_by_name') IS NOT NULL") == "t");
    evolver.reconcile();
    evolver.contract();
    CHECK(world.key() == "packages_pkey PRIMARY KEY (name, size)");
    CHECK(world.one("SELECT to_regclass('packages_by_name') IS NULL") == "t");
    CHECK(world.one(
              "SELECT count(*) FROM pg_constraint WHERE conname LIKE 'evolver%' AND conrelid = 'packages'::regclass") ==
          "0");
    CHECK(world.one("SELECT count(*) FROM pg_class WHERE relname LIKE 'evolver\\_key\\_%'") == "0");
    CHECK_THROWS(world.session << "INSERT INTO packages (id, name) VALUES (501, 'without')");
    CHECK_THROWS(world.session << "INSERT INTO packages (id, name, size) VALUES (501, 'package-1', '1')");
    CHECK_NOTHROW(world.session << "INSERT INTO packages (id, name, size) VALUES (1, 'package-1', '2')");
}

TEST_CASE(
    "change primary key on postgresql: rows that old programs write in the way keep contract waiting, and the way back "
    "leaves nothing") {
    World world;
    Evolver evolver{world.session, world.plan, {.release = "2.0", .soak = 0s}};
    evolver.expand();
    evolver.backfill(Speed::full);
    evolver.reconcile();
    world.session << "INSERT INTO packages (id, name, size) VALUES (501, 'package-1', '1')";
    CHECK_THROWS_WITH_AS(evolver.contract(), doctest::Contains("rules"), GateClosed);
    CHECK(world.key() == "packages_pkey PRIMARY KEY (id)");
    evolver.rollback({.migration = "0002-key"});
    CHECK(world.one("SELECT to_regclass('packages_by_name') IS NULL") == "t");
    CHECK(world.one("SELECT count(*) FROM pg_class WHERE relname LIKE 'evolver\\_key\\_%'") == "0");
    CHECK(world.one("SELECT count(*) FROM packages") == "501");
}

TEST_CASE("change primary key on postgresql: what it would break, or be broken by, is refused before the first write") {
    World world;
    auto const refused = [&](Plan const& plan, std::string const& release) -> std::string {
        Evolver evolver{world.session, plan, {.release = release}};
        try {
            evolver.expand();
        } catch (PlanError const& error) {
            return error.what();
        }
        return "";
    };
    // A backfill that goes by a key which is about to go.
    auto later = size_bytes();
    later.id = "0003-bytes";
    later.release = "3.0";
    auto by_name = new_key();
    std::get<ChangePrimaryKey>(by_name.operations[0]).columns = {"name"};
    CHECK(refused({"catalogue", {packages(), by_name, later}}, "3.0").find("replaced by migration \"0002-key\"") !=
          std::string::npos);
    world.session << "CREATE SCHEMA other";
    world.session << "CREATE TABLE other.lines (package bigint REFERENCES packages)";
    CHECK(refused(world.plan, "2.0").find("table other.lines refers to the key") != std::string::npos);
    CHECK(world.one("SELECT count(*) FROM evolver_migration") == "1");
}

TEST_CASE("change primary key on postgresql: what hung on the old key's index hangs on the new one's") {
    World world;
    world.session << "ALTER TABLE packages REPLICA IDENTITY USING INDEX packages_pkey";
    world.session << "ALTER TABLE packages CLUSTER ON packages_pkey";
    Evolver evolver{world.session, world.plan, {.release = "2.0", .soak = 0s}};
    evolver.expand();
    evolver.backfill(Speed::full);
    evolver.reconcile();
    evolver.contract();
    CHECK(world.one("SELECT indexrelid::regclass || ' ' || indisreplident || ' ' || indisclustered FROM pg_index WHERE "
                    "indrelid = "
                    "'packages'::regclass") == "packages_pkey true true");
}

TEST_CASE("change primary key on postgresql: a view that groups by the key is named before the first write") {
    World world;
    world.session << "CREATE VIEW grouped AS SELECT id, name, count(*) AS many FROM packages GROUP BY id";
    Evolver evolver{world.session, world.plan, {.release = "2.0"}};
    CHECK_THROWS_WITH_AS(evolver.expand(), doctest::Contains("view grouped relies on the key"), PlanError);
}

TEST_CASE(
    "change primary key on postgresql: what comes to rely on the old key meanwhile stops contract by name, and no "
    "program") {
    World world;
    Evolver evolver{world.session, world.plan, {.release = "2.0", .soak = 0s}};
    evolver.expand();
    evolver.backfill(Speed::full);
    evolver.reconcile();
    world.session << "CREATE VIEW grouped AS SELECT id, name, count(*) AS many FROM packages GROUP BY id";
    soci::session other{soci::postgresql, world.database.parameters()};
    Evolver program{other, world.plan, {.release = "2.0"}};
    std::string name;
    other << program.table("packages").select({"name"}) + " WHERE id = 1", soci::into(name);
    CHECK(name == "package-1");
    CHECK_THROWS_WITH_AS(evolver.contract(), doctest::Contains("view grouped relies on the key"), PlanError);
    world.session << "DROP VIEW grouped";
    program.heartbeat();
    CHECK(evolver.status().migrations.at(1).phase == Phase::expanded);
}

TEST_SUITE_END();
