// What SQLite alone can show of Sync::application; the rest is in both/application_sync_test.cpp.

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
};

}  // namespace

TEST_SUITE_BEGIN("face/application_sync");

TEST_CASE("application_sync: no trigger is made") {
    Database all;
    all.start_old();
    all.start_new();
    CHECK(all.text("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'packages'") == "0");
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
}

TEST_SUITE_END();
