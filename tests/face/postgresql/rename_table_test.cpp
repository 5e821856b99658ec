// A table gets another name on a real server: both names serve until contract, and nobody's statement fails when it moves.

#include "evolver/evolver.hpp"
#include "evolver/ledger/ledger_error.hpp"
#include "support/postgresql.hpp"
#include "support/postgresql_catalogue.hpp"

#include <doctest/doctest.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

Migration parcels() {
    return {.id = "0002-parcels", .release = "2.0", .operations = {RenameTable{.from = "packages", .to = "parcels"}}};
}

/// Of the table that 0002 has renamed.
Migration parcel_bytes() {
    auto migration = size_bytes();
    migration.id = "0003-bytes";
    migration.release = "3.0";
    std::get<ChangeType>(migration.operations[0]).table = "parcels";
    return migration;
}

struct World {
    explicit World(Plan given) : plan{std::move(given)} {
        Evolver{first, plan.until("1.0"), {.release = "1.0"}}.expand();
        first << "INSERT INTO packages (id, name, size) VALUES (1, 'zlib', '10'), (2, 'perl', '20')";
    }
    [[nodiscard]] std::string one(std::string const& sql) const { return database.connect().text(sql); }
    [[nodiscard]] bool is_view(std::string const& name) const {
        return one("SELECT relkind FROM pg_class WHERE oid = to_regclass('" + name + "')") == "v";
    }

    Plan plan;
    PostgresqlDatabase database;
    soci::session first{soci::postgresql, database.parameters()};
    soci::session second{soci::postgresql, database.parameters()};
};

void fill(Evolver& evolver) {
    evolver.backfill(Speed::full);
    evolver.reconcile();
}

}  // namespace

TEST_SUITE_BEGIN("face/postgresql/rename_table");

TEST_CASE("rename table on postgresql: both names take every statement until contract, and then the new one does") {
    World world{{"catalogue", {packages(), parcels()}}};
    Evolver evolver{world.second, world.plan, {.release = "2.0", .soak = 0s}};
    evolver.expand();
    // By hand, too, which a second name on SQLite is not for.
    world.first << "INSERT INTO parcels (id, name) VALUES (3, 'new') ON CONFLICT (id) DO UPDATE SET name = 'twice'";
    world.first << "UPDATE packages SET size = '7' WHERE id = 3";
    CHECK(world.one("SELECT name || size FROM parcels WHERE id = 3") == "new7");
    world.first << "DELETE FROM parcels WHERE id = 3";
    CHECK(world.one("SELECT count(*) FROM packages") == "2");
    fill(evolver);
    evolver.contract();
    CHECK_FALSE(world.is_view("parcels"));
    CHECK(world.one("SELECT to_regclass('packages') IS NULL") == "t");
    CHECK(world.one("SELECT string_agg(name, ' ' ORDER BY id) FROM parcels") == "zlib perl");
}

TEST_CASE(
    "rename table on postgresql: programs of the new release go on through contract, and none of their statements "
    "fails") {
    World world{{"catalogue", {packages(), parcels()}}};
    Evolver evolver{world.second, world.plan, {.release = "2.0", .soak = 0s}};
    evolver.expand();
    fill(evolver);
    std::atomic<bool> contracted{false};
    std::atomic<long long> last{100};
    std::string failure;
    std::jthread program{[&] {
        try {
            soci::session own{soci::postgresql, world.database.parameters()};
            Evolver instance{own, world.plan, {.release = "2.0"}};
            auto const table = instance.table("parcels");
            for (int after = 0; after < 200; after += contracted ? 1 : 0) {
                long long const id = ++last;
                std::string const name = "parcel";
                own << table.insert({"id", "name"}), soci::use(id, "id"), soci::use(name, "name");
                long long found = 0;
                own << table.select({"id"}) + " WHERE id = :id", soci::use(id, "id"), soci::into(found);
                if (found != id) throw std::runtime_error{"it does not read what it wrote"};
                if (id % 100 == 0) instance.heartbeat();  // until then it knows of nothing
            }
        } catch (std::exception const& error) {
            failure = error.what();
        }
    }};
    while (last < 110) std::this_thread::sleep_for(1ms);
    evolver.contract();
    contracted = true;
    program.join();
    CHECK(failure == "");
    CHECK(world.one("SELECT count(*) FROM parcels WHERE id > 100") == std::to_string(last - 100));
}

TEST_CASE(
    "rename table on postgresql: what a later migration adds is seen by the new name, and stays in step when the name "
    "moves") {
    World world{{"catalogue", {packages(), parcels(), parcel_bytes()}}};
    {
        soci::session between{soci::postgresql, world.database.parameters()};
        Evolver{between, world.plan.until("2.0"), {.release = "2.0"}}.expand();
    }
    Evolver evolver{world.second, world.plan, {.release = "3.0", .soak = 0s}};
    evolver.expand();
    CHECK(world.one("SELECT count(*) FROM information_schema.columns WHERE table_name = 'parcels' AND column_name = "
                    "'size_bytes'") == "1");
    world.first << "INSERT INTO packages (id, name, size) VALUES (3, 'old', '30')";
    CHECK(world.one("SELECT size_bytes FROM parcels WHERE id = 3") == "30");
    auto const table = evolver.table("parcels");
    world.second << table.update({{"size_bytes", "31"}}) + " WHERE id = 3";
    CHECK(world.one("SELECT size FROM packages WHERE id = 3") == "31");
    fill(evolver);
    evolver.contract({.until = MigrationId{"0002-parcels"}});
    CHECK(evolver.status().migrations.at(1).phase == Phase::contracted);
    CHECK(evolver.status().migrations.at(2).phase == Phase::expanded);
    // Programs of release 2.0 write the old shape by the new name, and are counted.
    world.first << "UPDATE parcels SET size = '32' WHERE id = 3";
    CHECK(world.one("SELECT size_bytes FROM parcels WHERE id = 3") == "32");
    CHECK_THROWS_WITH_AS(evolver.contract(), doctest::Contains("reconcile()"), Error);
    evolver.reconcile();
    evolver.contract();
    CHECK(world.one("SELECT string_agg(size_bytes::text, ' ' ORDER BY id) FROM parcels") == "10 20 32");
    CHECK(world.one("SELECT count(*) FROM pg_trigger WHERE tgname = '~evolver_sync'") == "0");
    CHECK(world.one("SELECT count(*) FROM pg_proc WHERE proname LIKE 'evolver\\_sync%'") == "0");
}

TEST_CASE(
    "rename table on postgresql: contract of an earlier migration takes a column from under the view, which is there "
    "again afterwards") {
    auto dropped = Migration{
        .id = "0002-drop", .release = "2.0", .operations = {DropColumn{.table = "packages", .column = "size"}}};
    auto renamed = parcels();
    renamed.id = "0003-parcels";
    renamed.release = "3.0";
    World world{{"catalogue", {packages(), dropped, renamed}}};
    world.first << "CREATE ROLE evolver_reader_of_views";
    world.first << "GRANT SELECT ON packages TO evolver_reader_of_views";
    Evolver evolver{world.second, world.plan, {.release = "3.0", .soak = 0s}};
    evolver.expand();
    auto const rights = "SELECT has_table_privilege('evolver_reader_of_views', 'parcels', 'SELECT')";
    CHECK(world.one(rights) == "t");
    fill(evolver);
    evolver.contract({.until = MigrationId{"0002-drop"}});
    CHECK(world.is_view("parcels"));
    CHECK(world.one(rights) == "t");
    CHECK(world.one("SELECT count(*) FROM information_schema.columns WHERE table_name = 'parcels'") == "2");
    evolver.contract();
    CHECK_FALSE(world.is_view("parcels"));
    CHECK(world.one(rights) == "t");
    world.first << "DROP OWNED BY evolver_reader_of_views";
    world.first << "DROP ROLE evolver_reader_of_views";
}

TEST_CASE(
    "rename table on postgresql: a backfill that is under way goes on where it is when its table gets the name, and "
    "keeps what was skipped") {
    World world{{"catalogue", {packages(), parcels(), parcel_bytes()}}};
    world.first
        << "INSERT INTO packages (id, name, size) SELECT i, 'package', i::text FROM generate_series(3, 3000) AS i";
    {
        soci::session between{soci::postgresql, world.database.parameters()};
        Evolver second{between, world.plan.until("2.0"), {.release = "2.0"}};
        second.expand();
        fill(second);
    }
    Evolver filling{world.first, world.plan, {.release = "3.0"}};
    filling.expand();
    REQUIRE(filling.advance(1us));
    auto const before = world.one("SELECT rows FROM evolver_backfill WHERE position = 2");
    REQUIRE(before != "0");
    REQUIRE(before != "3000");
    world.first
        << "INSERT INTO evolver_failed_row VALUES ('catalogue', 2, 'packages', '2999', 'an error', 'ticket 17', 0)";
    {
        // By another process, which waits until the one that fills has heard of the move.
        Evolver operating{world.second, world.plan, {.release = "3.0", .soak = 0s}};
        std::jthread const beating{[&](std::stop_token const& over) {
            while (!over.stop_requested()) {
                filling.heartbeat();
                std::this_thread::sleep_for(20ms);
            }
        }};
        operating.contract({.until = MigrationId{"0002-parcels"}});
    }
    CHECK(world.one("SELECT table_name || ' ' || rows FROM evolver_backfill WHERE position = 2") ==
          "parcels " + before);
    filling.backfill(Speed::full);
    CHECK(world.one("SELECT string_agg(id::text, ' ') FROM parcels WHERE size_bytes IS NULL") == "2999");
    CHECK(world.one("SELECT rows FROM evolver_backfill WHERE position = 2") == "2999");
}

TEST_CASE(
    "rename table on postgresql: a reconciliation that is under way goes on where it is when its table gets the name") {
    World world{{"catalogue", {packages(), parcels(), parcel_bytes()}}};
    world.first
        << "INSERT INTO packages (id, name, size) SELECT i, 'package', i::text FROM generate_series(3, 3000) AS i";
    {
        soci::session between{soci::postgresql, world.database.parameters()};
        Evolver second{between, world.plan.until("2.0"), {.release = "2.0"}};
        second.expand();
        fill(second);
    }
    struct AtFirstChunk : Observer {
        void on(Event const& event) override {
            if (event.kind != EventKind::scanned || !work) return;
            std::exchange(work, nullptr)();
        }
        std::function<void()> work;
    } observer;
    Evolver comparing{world.first, world.plan, {.release = "3.0", .observer = &observer}};
    comparing.expand();
    comparing.backfill(Speed::full);
    observer.work = [&] {
        Evolver operating{world.second, world.plan, {.release = "3.0", .soak = 0s}};
        std::jthread const beating{[&](std::stop_token const& over) {
            while (!over.stop_requested()) {
                comparing.heartbeat();
                std::this_thread::sleep_for(20ms);
            }
        }};
        operating.contract({.until = MigrationId{"0002-parcels"}});
    };
    auto const found = comparing.reconcile();
    CHECK_FALSE(world.is_view("parcels"));
    REQUIRE(found.pairs.size() == 1);
    CHECK(found.pairs[0].table == "parcels");
    CHECK(found.rows() == 3000);
    CHECK(found.pairs[0].chunks >= 2);
    // One that somebody has taken away is another matter.
    observer.work = [&] { world.database.connect().run("ALTER TABLE parcels RENAME TO gone"); };
    CHECK_THROWS_WITH_AS(comparing.reconcile(), doctest::Contains("there is no table \"parcels\""), Error);
}

TEST_CASE("rename table on postgresql: row-level security holds by the new name, too") {
    World world{{"catalogue", {packages(), parcels()}}};
    world.first << "CREATE ROLE evolver_half";
    world.first << "GRANT SELECT ON packages TO evolver_half";
    world.first << "ALTER TABLE packages ENABLE ROW LEVEL SECURITY";
    world.first << "CREATE POLICY half ON packages TO evolver_half USING (id = 1)";
    if (world.database.connect().server_version() < 150000) {
        Evolver refused{world.second, world.plan, {.release = "2.0"}};
        CHECK_THROWS_WITH_AS(refused.expand(), doctest::Contains("row-level security"), PlanError);
    } else {
        Evolver{world.second, world.plan, {.release = "2.0"}}.expand();
        auto const half = world.database.connect();
        half.run("SET ROLE evolver_half");
        CHECK(half.text("SELECT count(*) FROM parcels") == "1");
    }
    world.first << "DROP OWNED BY evolver_half";
    world.first << "DROP ROLE evolver_half";
}

TEST_CASE("rename table on postgresql: from any stage the way back leads to the old name alone") {
    World world{{"catalogue", {packages(), parcels()}}};
    Evolver evolver{world.second, world.plan, {.release = "2.0", .soak = 0s}};
    evolver.expand();
    fill(evolver);
    if (evolver.status().migrations.at(1).stage == Stage::dual) evolver.advance_stage();
    CHECK(evolver.advance_stage() == Stage::complete);
    auto const table = evolver.table("parcels");
    CHECK(table.select({"id"}).text().find("\"parcels\"") != std::string::npos);
    CHECK(evolver.step_back({.reason = "a test"}) == Stage::switched);
    CHECK(table.select({"id"}).text().find("\"packages\"") != std::string::npos);
    evolver.rollback({.migration = "0002-parcels"});
    CHECK(world.one("SELECT to_regclass('parcels') IS NULL") == "t");
    CHECK(world.one("SELECT count(*) FROM packages") == "2");
    evolver.expand();
    CHECK(world.is_view("parcels"));
}

TEST_CASE("rename table on postgresql: a name that something has already is refused, and nothing is written") {
    World world{{"catalogue", {packages(), parcels()}}};
    world.first << "CREATE VIEW parcels AS SELECT 1 AS one";
    Evolver evolver{world.second, world.plan, {.release = "2.0"}};
    CHECK_THROWS_WITH_AS(evolver.expand(), doctest::Contains("parcels"), PlanError);
    CHECK_FALSE(evolver.status().migrations.at(1).phase == Phase::expanded);
    CHECK(world.one("SELECT one FROM parcels") == "1");
}

TEST_CASE(
    "rename table on postgresql: rights on columns come with the view, and those given by the new name go over to the "
    "table") {
    World world{{"catalogue", {packages(), parcels()}}};
    world.first << "CREATE ROLE evolver_clerk";
    world.first << "GRANT UPDATE (size) ON packages TO evolver_clerk";
    Evolver evolver{world.second, world.plan, {.release = "2.0", .soak = 0s}};
    evolver.expand();
    CHECK(world.one("SELECT has_column_privilege('evolver_clerk', 'parcels', 'size', 'UPDATE')") == "t");
    CHECK(world.one("SELECT has_column_privilege('evolver_clerk', 'parcels', 'name', 'UPDATE')") == "f");
    world.first << "GRANT SELECT ON parcels TO evolver_clerk";
    fill(evolver);
    evolver.contract();
    CHECK(world.one("SELECT has_table_privilege('evolver_clerk', 'parcels', 'SELECT')") == "t");
    CHECK(world.one("SELECT has_column_privilege('evolver_clerk', 'parcels', 'size', 'UPDATE')") == "t");
    world.first << "DROP OWNED BY evolver_clerk";
    world.first << "DROP ROLE evolver_clerk";
}

TEST_CASE(
    "rename table on postgresql: a view over the new name is named by contract and rollback, which go on once it is "
    "gone") {
    World world{{"catalogue", {packages(), parcels()}}};
    Evolver evolver{world.second, world.plan, {.release = "2.0", .soak = 0s}};
    evolver.expand();
    fill(evolver);
    world.first << "CREATE VIEW names AS SELECT name FROM parcels";
    CHECK_THROWS_WITH_AS(evolver.contract(), doctest::Contains("View \"names\" is made over \"parcels\""), PlanError);
    CHECK_THROWS_WITH_AS(evolver.rollback({.migration = "0002-parcels"}), doctest::Contains("DROP VIEW names"),
                         PlanError);
    world.first << "DROP VIEW names";
    evolver.rollback({.migration = "0002-parcels"});
    CHECK(world.one("SELECT count(*) FROM packages") == "2");
}

TEST_CASE("rename table on postgresql: names that an open rename needs are refused by name before the first write") {
    World world{{"catalogue", {packages(), parcels()}}};
    auto const refused = [&](Operation const& operation) -> std::string {
        Evolver evolver{
            world.second,
            {"catalogue", {packages(), parcels(), {.id = "0003", .release = "3.0", .operations = {operation}}}},
            {.release = "3.0"}};
        try {
            evolver.expand();
        } catch (PlanError const& error) {
            return error.what();
        }
        return "";
    };
    CHECK(refused(CreateView{.name = "names", .query = "SELECT name FROM parcels"})
              .find("a view itself until migration \"0002-parcels\"") != std::string::npos);
    CHECK(refused(RenameTable{.from = "parcels", .to = "packages"})
              .find("is what the table is called until migration \"0002-parcels\"") != std::string::npos);
    CHECK(refused(CreateTable{.table = "packages", .columns = {{.name = "id", .type = integer(), .primary_key = true}}})
              .find("is what the table is called until") != std::string::npos);
    CHECK(world.one("SELECT count(*) FROM evolver_migration") == "1");
}

TEST_SUITE_END();
