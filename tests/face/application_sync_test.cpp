#include "evolver/evolver.hpp"
#include "fleet/child.hpp"
#include "support/folder.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>
#include <soci/soci.h>

#include <memory>
#include <string>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

Migration packages() {
    return {.id = "0001-packages",
            .release = "1.0",
            .operations = {CreateTable{.table = "packages",
                                       .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                   {.name = "size", .type = text()}}}}};
}

Migration size_bytes(Sync sync = Sync::application) {
    return {.id = "0002-size",
            .release = "2.0",
            .operations = {ChangeType{.table = "packages",
                                      .from = "size",
                                      .to = "size_bytes",
                                      .type = integer(),
                                      .up = "CAST(size AS INTEGER)",
                                      .down = "CAST(size_bytes AS TEXT)"}},
            .sync = sync};
}

Plan plan() { return {"catalogue", {packages(), size_bytes()}}; }

/// One database, with a session for each program.
struct Database {
    Folder folder;
    std::unique_ptr<soci::session> old_db = connect();
    std::unique_ptr<soci::session> new_db = connect();
    std::unique_ptr<Evolver> old_program;
    std::unique_ptr<Evolver> new_program;

    [[nodiscard]] std::unique_ptr<soci::session> connect() const {
        return std::make_unique<soci::session>("sqlite3", "db=" + folder.database() + " timeout=5");
    }
    void start_old() {
        old_program = std::make_unique<Evolver>(*old_db, plan().until("1.0"), Options{.release = Release{"1.0"}});
        old_program->expand();
    }
    void start_new() {
        new_program = std::make_unique<Evolver>(*new_db, plan(), Options{.wait = 50ms, .soak = 0s});
        new_program->expand();
    }
    void end_old() {
        old_program.reset();
        old_db->close();
    }
    [[nodiscard]] std::string text(std::string const& sql) const {
        std::string found;
        soci::indicator is_null = soci::i_ok;
        *new_db << sql, soci::into(found, is_null);
        return is_null == soci::i_null ? "NULL" : found;
    }
    [[nodiscard]] std::string seen_by_new(int id) const {
        long long value = 0;
        soci::indicator is_null = soci::i_ok;
        *new_db << new_program->table("packages").select({"size_bytes"}) + " WHERE id = :id",
            soci::into(value, is_null), soci::use(id, "id");
        return is_null == soci::i_null ? "NULL" : std::to_string(value);
    }
    void write_new(int id, long long value) const {
        *new_db << new_program->table("packages").update({"size_bytes"}) + " WHERE id = :id",
            soci::use(value, "size_bytes"), soci::use(id, "id");
    }
};

}  // namespace

TEST_SUITE_BEGIN("face/application_sync");

TEST_CASE("application_sync: no trigger is made, and the new release sees what the old one writes") {
    Database all;
    all.start_old();
    *all.old_db << "INSERT INTO packages (id, size) VALUES (1, '10'), (2, '20')";
    all.start_new();
    CHECK(all.text("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'packages'") == "0");
    CHECK(all.seen_by_new(1) == "10");
    all.write_new(1, 11);
    CHECK(all.text("SELECT size FROM packages WHERE id = 1") == "11");
    CHECK(all.text("SELECT size_bytes FROM packages WHERE id = 1") == "11");
    *all.old_db << "UPDATE packages SET size = '12' WHERE id = 1";  // the new column says 11
    CHECK(all.seen_by_new(1) == "12");
}

TEST_CASE("application_sync: the backfill waits for the last old instance, and then keeps old releases out") {
    Database all;
    all.start_old();
    *all.old_db << "INSERT INTO packages (id, size) VALUES (1, '10'), (2, '20')";
    all.start_new();
    all.write_new(1, 11);
    *all.old_db << "UPDATE packages SET size = '12' WHERE id = 1";
    CHECK_FALSE(all.new_program->advance(100ms));
    CHECK(all.new_program->why().find("still alive: release 1.0") != std::string::npos);
    CHECK_THROWS_AS(all.new_program->backfill(), GateClosed);
    CHECK(all.text("SELECT size_bytes FROM packages WHERE id = 2") == "NULL");

    all.end_old();
    all.new_program->backfill();
    CHECK(all.text("SELECT size_bytes FROM packages WHERE id = 1") == "12");  // not only rows that were empty
    CHECK(all.text("SELECT size_bytes FROM packages WHERE id = 2") == "20");
    all.old_db = all.connect();
    CHECK_THROWS_AS(all.start_old(), SchemaTooNew);
    all.end_old();

    CHECK(all.new_program->reconcile().different() == 0);
    CHECK_THROWS_AS((void)all.new_program->advance_stage(), HistoryError);  // no stage complete
    (void)all.new_program->contract();
    CHECK(all.seen_by_new(1) == "12");
    CHECK(all.text("SELECT count(*) FROM pragma_table_info('packages') WHERE name = 'size'") == "0");
    CHECK_FALSE(all.new_program->verify_audit());
}

TEST_CASE(
    "application_sync: a process that evolver does not know keeps the backfill waiting, until it is overridden by "
    "name") {
    Folder const folder;
    auto const path = folder.database();
    tests::Child stranger{[&](tests::Line line) {
        (void)line.hear();
        RawSqlite const other{path};
        (void)other.integer("SELECT count(*) FROM packages");
        line.say('o');
        (void)line.hear();
        return 0;
    }};
    soci::session db{"sqlite3", "db=" + path + " timeout=5"};
    db << "PRAGMA journal_mode = WAL";
    Evolver evolver{db, plan()};
    evolver.expand();
    stranger.line().say('g');
    REQUIRE(stranger.line().hear() == 'o');
    try {
        evolver.backfill();
        FAIL("it did not wait");
    } catch (GateClosed const& error) {
        CHECK(error.gates().front().name == "processes");
        CHECK(error.gates().front().reason.find(std::to_string(stranger.id())) != std::string::npos);
    }
    CHECK_THROWS_AS(evolver.backfill({.override_gates = {{"lossless", "whatever"}}}), PlanError);
    CHECK_THROWS_AS(evolver.backfill({.override_gates = {{"processes", ""}}}), PlanError);
    evolver.backfill({.override_gates = {{"processes", "a report that only reads"}}});
    RawSqlite const ledger{path};
    CHECK(ledger.integer("SELECT count(*) FROM evolver_audit WHERE event = 'gate overridden'") == 1);
    stranger.line().say('e');
    CHECK(stranger.result() == 0);
}

TEST_CASE(
    "application_sync: a statement that is under way keeps the backfill waiting, and advance() within its budget") {
    Database all;
    all.start_old();
    *all.old_db << "INSERT INTO packages (id, size) VALUES (1, '10')";
    all.end_old();
    all.start_new();
    {
        auto const held = all.new_program->pin();
        CHECK_FALSE(all.new_program->advance(1ms));
        CHECK_FALSE(all.new_program->why().empty());
        CHECK(all.text("SELECT floor FROM evolver_plan") == "0");
    }
    all.new_program->backfill();
    CHECK(all.text("SELECT floor FROM evolver_plan") == "1");
}

TEST_CASE("application_sync: rollback lets older releases in again, and loses nothing") {
    Database all;
    all.start_old();
    *all.old_db << "INSERT INTO packages (id, size) VALUES (1, '10')";
    all.end_old();
    all.start_new();
    all.new_program->backfill();
    (void)all.new_program->reconcile();
    all.write_new(1, 77);
    (void)all.new_program->rollback({.migration = "0002-size"});
    CHECK(all.text("SELECT size FROM packages WHERE id = 1") == "77");
    all.old_db = all.connect();
    all.start_old();
    all.end_old();
    (void)all.new_program->expand();
    CHECK(all.seen_by_new(1) == "77");
}

TEST_CASE("application_sync: a rollback goes no lower than what was contracted meanwhile") {
    Database all;
    Plan const three{
        "catalogue",
        {packages(),
         {.id = "0002-note",
          .release = "2.0",
          .operations = {AddColumn{.table = "packages", .column = {.name = "note", .type = text()}}}},
         {.id = "0003-no-note", .release = "3.0", .operations = {DropColumn{.table = "packages", .column = "note"}}},
         {.id = "0004-size", .release = "4.0", .operations = size_bytes().operations, .sync = Sync::application}}};
    Evolver evolver{*all.new_db, three, {.soak = 0s}};
    evolver.expand();
    evolver.backfill({.override_gates = {{"processes", "the test's own session"}}});
    (void)evolver.reconcile();
    CHECK(all.text("SELECT floor_release FROM evolver_plan") == "4.0");
    (void)evolver.contract({.until = MigrationId{"0003-no-note"},
                            .override_gates = {{"processes", "the test's own session"}},
                            .accept_loss = {{"0003-no-note", "nobody reads them"}}});
    (void)evolver.rollback({.migration = "0004-size"});
    CHECK(all.text("SELECT floor_release FROM evolver_plan") == "3.0");
}

TEST_CASE("application_sync: is part of the digest where it is said, and only there") {
    Plan const without{"catalogue", {packages(), size_bytes(Sync::triggers)}};
    CHECK(plan().digest() != without.digest());
    CHECK(plan().digest(0) == without.digest(0));
}

TEST_CASE("application_sync: refuses what nothing but triggers can do, in words, before the first write") {
    auto const refused = [](Migration migration) {
        try {
            (void)Plan{"catalogue", {packages(), std::move(migration)}};
        } catch (PlanError const& error) {
            return std::string{error.what()};
        }
        return std::string{};
    };
    CHECK(
        refused({.id = "0002",
                 .release = "2.0",
                 .operations = {AddColumn{
                     .table = "packages", .column = {.name = "note", .type = text()}, .when_replaced = Replaced::kept}},
                 .sync = Sync::application})
            .find("AddColumn packages.note needs triggers") != std::string::npos);
    CHECK(refused({.id = "0002",
                   .release = "2.0",
                   .operations = {MoveColumn{
                       .from = "packages", .column = "size", .to = "sizes", .from_key = {"id"}, .to_key = {"package"}}},
                   .sync = Sync::application})
              .find("MoveColumn packages.size needs triggers") != std::string::npos);
    // A chain: size → size_bytes → kilobytes.
    Database all;
    Plan const chain{"catalogue",
                     {packages(),
                      size_bytes(Sync::triggers),
                      {.id = "0003-kilobytes",
                       .release = "3.0",
                       .operations = {ChangeType{.table = "packages",
                                                 .from = "size_bytes",
                                                 .to = "kilobytes",
                                                 .type = real(),
                                                 .up = "size_bytes / 1000.0",
                                                 .down = "CAST(round(kilobytes * 1000) AS INTEGER)"}},
                       .sync = Sync::application}}};
    Evolver evolver{*all.new_db, chain};
    try {
        evolver.expand();
        FAIL("it was expanded");
    } catch (PlanError const& error) {
        CHECK(std::string{error.what()}.find("contract \"0002-size\" first") != std::string::npos);
    }
    CHECK(all.text("SELECT count(*) FROM sqlite_schema") == "0");
}

TEST_SUITE_END();
