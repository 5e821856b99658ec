// Sync::application: no trigger keeps the two shapes in step, so the backfill waits for older releases and keeps them out. face/application_sync_test.cpp and
// face/postgresql/application_sync_test.cpp have what one engine alone can show.

#include "both/world.hpp"
#include "evolver/fleet/gate.hpp"
#include "evolver/ledger/ledger_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

ChangeType into_bytes() {
    return {.table = "packages",
            .from = "size",
            .to = "bytes",
            .type = integer(),
            .up = "CAST(size AS INTEGER)",
            .down = "CAST(bytes AS TEXT)"};
}

Migration by_application(std::vector<Operation> operations) {
    return {.id = "0002-change", .release = "2.0", .operations = std::move(operations), .sync = Sync::application};
}

Plan catalogue(std::vector<Operation> operations = {into_bytes()}) {
    return {"catalogue", {packages_migration(), by_application(std::move(operations))}};
}

/// A program of release 1.0, which has packages 1 … 3 with the sizes 10, 20, 30, and one of release 2.0.
struct Programs {
    explicit Programs(Plan all = catalogue()) : plan{std::move(all)} {
        start_old();
        old->run("INSERT INTO packages (id, name, size) VALUES (1, 'a', '10'), (2, 'b', '20'), (3, 'c', '30')");
    }

    void start_old() {
        old.emplace(database);
        old_program = std::make_unique<Evolver>(old->db, plan.until("1.0"), Options{.release = Release{"1.0"}});
        old_program->expand();
    }
    void end_old() {
        old_program.reset();
        old.reset();
    }
    void start_new() {
        application.emplace(database);
        program = std::make_unique<Evolver>(application->db, plan, Options{.soak = 0s});
        program->expand();
    }
    [[nodiscard]] std::string seen(int id) {
        auto const packages = program->table("packages");
        return application->rows((packages.select({"bytes"}) + " WHERE id = " + std::to_string(id)).text());
    }
    void write(int id, long long bytes) {
        auto const packages = program->table("packages");
        application->db << packages.update({"bytes"}) + " WHERE id = :id", soci::use(bytes, "bytes"),
            soci::use(id, "id");
    }
    [[nodiscard]] std::string bytes() const { return database.rows("SELECT id, bytes FROM packages ORDER BY id"); }
    [[nodiscard]] std::string sizes() const { return database.rows("SELECT id, size FROM packages ORDER BY id"); }
    void contract(std::vector<AcceptedLoss> loss = {}) {
        (void)program->contract({.override_gates = {{"processes", "the test's own"}}, .accept_loss = std::move(loss)});
    }

    Plan plan;
    Database database;
    std::optional<Asked> old;
    std::unique_ptr<Evolver> old_program;
    std::optional<Asked> application;
    std::unique_ptr<Evolver> program;
};

std::string trail_of(Evolver& evolver) {
    std::string events;
    evolver.audit([&](AuditEntry const& entry) { events += entry.event + ": " + entry.detail + "\n"; });
    return events;
}

}  // namespace

TEST_SUITE_BEGIN("both/application_sync");

TEST_CASE("Without triggers the new release writes both shapes, and sees what the old one writes into its own") {
    Programs all;
    all.start_new();
    CHECK(all.seen(1) == "10");
    all.write(1, 11);
    CHECK(all.database.rows("SELECT size, bytes FROM packages WHERE id = 1") == "'11'|11");
    all.old->run("UPDATE packages SET size = '12' WHERE id = 1");
    CHECK(all.database.rows("SELECT size, bytes FROM packages WHERE id = 1") == "'12'|11");  // nobody carries it over
    CHECK(all.seen(1) == "12");
    all.old->run("UPDATE packages SET size = NULL WHERE id = 1");
    CHECK(all.seen(1) == "NULL");
}

TEST_CASE("Without triggers the backfill waits for the last instance of an older release, and then keeps those out") {
    Programs all;
    all.start_new();
    all.write(1, 11);
    all.old->run("UPDATE packages SET size = '12' WHERE id = 1");
    CHECK_FALSE(all.program->advance(100ms));
    CHECK(has(all.program->why(), "still alive: release 1.0"));
    try {
        all.program->backfill();
        FAIL("it did not wait");
    } catch (GateClosed const& error) {
        REQUIRE(error.gates().size() == 1);
        CHECK(error.gates().front().name == "instances");
        CHECK(error.gates().front().migration == "0002-change");
    }
    CHECK(all.bytes() == "1|11; 2|NULL; 3|NULL");
    CHECK(all.program->status().floor_release == "");

    all.end_old();
    all.program->backfill();
    CHECK(all.bytes() == "1|12; 2|20; 3|30");  // not only rows that were empty
    CHECK(all.program->status().floor_release == "2.0");
    CHECK(has(trail_of(*all.program), "older releases kept out"));
    CHECK_THROWS_AS(all.start_old(), SchemaTooNew);
    all.end_old();

    CHECK(all.program->reconcile().different() == 0);
    CHECK_THROWS_WITH_AS((void)all.program->advance_stage(), doctest::Contains("without triggers"), HistoryError);
    all.contract();
    CHECK(all.seen(1) == "12");
    all.write(1, 13);
    CHECK(all.database.rows("SELECT * FROM packages ORDER BY id") == "1|'a'|13; 2|'b'|20; 3|'c'|30");
    CHECK(all.database.left_over() == "");
    CHECK_FALSE(all.program->verify_audit());
}

TEST_CASE("Without triggers a backfill waits at gates that are overridden by name, with a reason, and at no others") {
    Programs all;
    all.start_new();
    CHECK_THROWS_WITH_AS(all.program->backfill({.override_gates = {{"lossless", "whatever"}}}),
                         doctest::Contains("gates that can be: instances, processes"), PlanError);
    CHECK_THROWS_WITH_AS(all.program->backfill({.override_gates = {{"instances", ""}}}),
                         doctest::Contains("has no reason"), PlanError);
    CHECK_THROWS_AS(all.program->backfill({.override_gates = {{"processes", "a report that only reads"}}}), GateClosed);
    all.program->backfill(
        {.override_gates = {{"processes", "a report that only reads"}, {"instances", "it only reads"}}});
    CHECK(all.bytes() == "1|10; 2|20; 3|30");
    CHECK(all.program->status().floor_release == "2.0");
    CHECK(has(trail_of(*all.program), "gate overridden: processes: a report that only reads\n"));
    CHECK(has(trail_of(*all.program), "gate overridden: instances: it only reads\n"));
}

TEST_CASE("Without triggers a rollback lets older releases in again, and loses nothing that anybody has written") {
    Programs all;
    all.end_old();
    all.start_new();
    all.program->backfill();
    (void)all.program->reconcile();
    CHECK(all.program->status().migrations.at(1).stage == Stage::switched);
    all.write(1, 77);
    (void)all.program->rollback({.migration = "0002-change"});
    CHECK(all.sizes() == "1|'77'; 2|'20'; 3|'30'");
    CHECK(all.program->status().floor_release == "");
    all.start_old();
    all.old->run("UPDATE packages SET size = '78' WHERE id = 1");
    (void)all.program->expand();
    CHECK(all.seen(1) == "78");
    CHECK_THROWS_AS(all.program->backfill(), GateClosed);
}

TEST_CASE(
    "Without triggers a rollback takes back a migration whose backfill has not begun, with the old release at work") {
    Programs all;
    all.old_program.reset();  // one that evolver does not know
    all.start_new();
    all.write(1, 11);
    all.old->run("UPDATE packages SET size = '12' WHERE id = 1");
    all.write(2, 21);
    // What only the old shape has is no loss, though the new one has something else.
    (void)all.program->rollback({.migration = "0002-change"});
    CHECK(all.sizes() == "1|'12'; 2|'21'; 3|'30'");
}

TEST_CASE("Without triggers a rollback goes no lower than what was contracted meanwhile") {
    Plan const four{
        "catalogue",
        {packages_migration(),
         {.id = "0002-note",
          .release = "2.0",
          .operations = {AddColumn{.table = "packages", .column = {.name = "note", .type = text()}}}},
         {.id = "0003-no-note", .release = "3.0", .operations = {DropColumn{.table = "packages", .column = "note"}}},
         {.id = "0004-size", .release = "4.0", .operations = {into_bytes()}, .sync = Sync::application}}};
    Programs all{four};
    all.end_old();
    all.start_new();
    all.program->backfill();
    (void)all.program->reconcile();
    CHECK(all.program->status().floor_release == "4.0");
    (void)all.program->contract({.until = MigrationId{"0003-no-note"},
                                 .override_gates = {{"processes", "the test's own"}},
                                 .accept_loss = {{"0003-no-note", "nobody reads them"}}});
    CHECK(all.program->status().floor_release == "4.0");
    (void)all.program->rollback({.migration = "0004-size"});
    CHECK(all.program->status().floor_release == "3.0");
}

TEST_CASE("Without triggers the old column of a dropped one is filled by the new release until contract") {
    auto made = packages_migration();
    std::get<CreateTable>(made.operations[0])
        .columns.push_back({.name = "origin", .type = text(), .nullable = false, .default_value = "'shop'"});
    Programs all{
        {"catalogue",
         {made, by_application({DropColumn{.table = "packages", .column = "origin", .down = "'of ' || name"}})}}};
    all.start_new();
    int id = 9;
    std::string name = "z";
    all.application->db << all.program->table("packages").insert({"id", "name"}), soci::use(id, "id"),
        soci::use(name, "name");
    CHECK(all.database.rows("SELECT origin FROM packages WHERE id = 9") == "'of z'");
    all.end_old();
    while (all.program->advance(100ms)) {
    }
    (void)all.program->reconcile();
    all.contract();
    CHECK(all.database.rows("SELECT * FROM packages WHERE id = 9") == "9|'z'|NULL");
}

TEST_CASE("Without triggers a Backfill's writes into the old column reach the new one") {
    Programs all{catalogue(
        {Backfill{.table = "packages", .set = {{"size", "size || '0'"}}, .where = "length(size) < 3"}, into_bytes()})};
    all.end_old();
    all.start_new();
    all.program->backfill();
    CHECK(all.database.rows("SELECT id, size, bytes FROM packages ORDER BY id") ==
          "1|'100'|100; 2|'200'|200; 3|'300'|300");
    CHECK(all.program->reconcile().different() == 0);
}

TEST_CASE("Without triggers no other open migration computes the same column: it is refused before the first write") {
    Plan const chain{"catalogue",
                     {packages_migration(),
                      {.id = "0002-change", .release = "2.0", .operations = {into_bytes()}},
                      {.id = "0003-kilobytes",
                       .release = "3.0",
                       .operations = {ChangeType{.table = "packages",
                                                 .from = "bytes",
                                                 .to = "kilobytes",
                                                 .type = real(),
                                                 .up = "bytes / 1000.0",
                                                 .down = "CAST(round(kilobytes * 1000) AS INTEGER)"}},
                       .sync = Sync::application}}};
    Database const database;
    Asked session{database};
    Evolver evolver{session.db, chain};
    auto const message = message_of([&] { evolver.expand(); });
    CHECK(has(message, "computes the same column, and one of the two says Sync::application"));
    CHECK(has(message, "contract \"0002-change\" first"));
    CHECK(database.tables().empty());
}

TEST_SUITE_END();
