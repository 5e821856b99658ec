// What is particular to a real server about a batch that fails.

#include "evolver/dialect/engine_error.hpp"
#include "evolver/evolver.hpp"
#include "evolver/execute/backfill_error.hpp"
#include "evolver/worker.hpp"
#include "support/postgresql.hpp"

#include <doctest/doctest.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

/// n is 100 / d of the rows that are there.
Plan shares(std::string const& value = "100 / d") {
    return {"shares",
            {Migration{.id = "0002-share",
                       .release = "2.0",
                       .operations = {Backfill{.table = "shares", .set = {{"n", value}}, .where = "n IS NULL"}}}}};
}

struct World {
    explicit World(std::string const& table) { app.run(table); }
    [[nodiscard]] Evolver evolver(Plan const& plan, Options const& options = {}) {
        return Evolver{session, plan, options};
    }

    PostgresqlDatabase database;
    postgresql::Connection app = database.connect();
    soci::session session{soci::postgresql, database.parameters()};
};

FailedBatch failure_of(Evolver& evolver) {
    try {
        evolver.backfill();
    } catch (BackfillFailed const& failed) {
        return failed.batch();
    }
    FAIL("it has to fail");
    return {};
}

}  // namespace

TEST_SUITE_BEGIN("face/postgresql/backfill");

TEST_CASE(
    "backfill on postgresql: rows of a later batch are found by keys of two columns, and what was filled before "
    "stays") {
    World world{
        "CREATE TABLE shares (house text, id bigint, d bigint, n bigint, PRIMARY KEY (house, id)); INSERT INTO shares "
        "SELECT CASE WHEN i <= 1500 THEN 'a' ELSE 'b''s' END, i, 5 FROM generate_series(1, 3000) AS i; UPDATE shares "
        "SET d = 0 "
        "WHERE id IN (2001, 2002, 2999)"};
    auto evolver = world.evolver(shares());
    evolver.expand();
    auto const failed = failure_of(evolver);
    CHECK(failed.error == "PostgreSQL 22012: division by zero");
    CHECK(failed.rows.at(0) == "'b''s', 2001");
    CHECK(failed.rows.at(1) == "'b''s', 2002");
    CHECK(failed.after != "");
    auto const filled = world.app.integer("SELECT count(*) FROM shares WHERE n = 20");
    CHECK(filled > 0);
    for (int round = 0; round < 3 && evolver.status().migrations[0].backfills[0].state == RunState::failed; ++round) {
        evolver.skip_failed_rows({.reason = "nobody knows"});
        evolver.resume_backfill();
        try {
            evolver.backfill();
        } catch (BackfillFailed const& again) {
            CHECK(again.batch().rows == std::vector<std::string>{"'b''s', 2999"});
        }
    }
    CHECK(world.app.integer("SELECT count(*) FROM shares WHERE n = 20") == 2997);
    CHECK(evolver.status().migrations[0].backfills[0].skipped == 3);
}

TEST_CASE("backfill on postgresql: of many rows the first ten are named") {
    World world{
        "CREATE TABLE shares (id bigint PRIMARY KEY, d bigint, n bigint); INSERT INTO shares SELECT i, i % 3 FROM "
        "generate_series(1, 100) AS i"};
    auto evolver = world.evolver(shares());
    evolver.expand();
    CHECK(failure_of(evolver).rows ==
          std::vector<std::string>{"3", "6", "9", "12", "15", "18", "21", "24", "27", "30"});
}

TEST_CASE("backfill on postgresql: what a row holds is not told where the server tells it") {
    World world{
        "CREATE TABLE shares (id bigint PRIMARY KEY, d text, n smallint); INSERT INTO shares VALUES (1, '31415926'), "
        "(2, 'x \"271828\" y')"};
    for (auto const& [value, words] :
         {std::pair{"CAST(d AS smallint)", "value … is out of range for type smallint"},
          std::pair{"CAST(CASE id WHEN 2 THEN d END AS smallint)", "invalid input syntax for type smallint"}}) {
        auto evolver = world.evolver(shares(value));
        evolver.expand();
        try {
            evolver.backfill();
            FAIL("it has to fail");
        } catch (BackfillFailed const& failed) {
            CHECK_MESSAGE(failed.batch().error.ends_with(words), failed.batch().error);
            CHECK(std::string{failed.what()}.find("31415926") == std::string::npos);
            CHECK(std::string{failed.what()}.find("271828") == std::string::npos);
        }
        evolver.rollback({.migration = "0002-share"});
    }
}

TEST_CASE("backfill on postgresql: a rule that is looked at when the transaction ends fails a batch, with its rows") {
    World world{
        "CREATE TABLE shares (id bigint PRIMARY KEY, d bigint, n bigint UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT "
        "INTO shares VALUES (1, 5), (2, 4), (3, 5)"};
    auto evolver = world.evolver(shares());
    evolver.expand();
    CHECK(failure_of(evolver).rows == std::vector<std::string>{"3"});
}

TEST_CASE(
    "backfill on postgresql: a row that somebody holds, and a right that is missing, are no failures of a batch") {
    World world{
        "CREATE TABLE shares (id bigint PRIMARY KEY, d bigint, n bigint); INSERT INTO shares SELECT i, 5 FROM "
        "generate_series(1, 9) AS i; CREATE FUNCTION share(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 100 / $1'"};
    auto evolver = world.evolver(shares("share(d)"));
    evolver.expand();
    {
        postgresql::Transaction const holding{world.app, 1s};
        world.app.run("UPDATE shares SET d = 6 WHERE id = 4");
        CHECK(evolver.advance(300ms));
        auto const seen = evolver.status().migrations[0].backfills;
        REQUIRE(seen.size() == 1);
        CHECK(seen[0].state == RunState::running);
        CHECK(seen[0].rows == 0);
    }
    world.app.run(
        "CREATE OR REPLACE FUNCTION share(bigint) RETURNS bigint LANGUAGE plpgsql AS $$BEGIN RAISE "
        "insufficient_privilege; END$$");
    CHECK_THROWS_WITH_AS(evolver.backfill(), doctest::Contains("42501"), EngineError);
    world.app.run("CREATE OR REPLACE FUNCTION share(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 100 / $1'");
    evolver.backfill();
    CHECK(world.app.integer("SELECT count(*) FROM shares WHERE n = 20") == 9);
}

TEST_CASE("backfill on postgresql: rows are found while somebody holds one for a moment, and while others fill") {
    World world{
        "CREATE TABLE shares (id bigint PRIMARY KEY, d bigint, n bigint); INSERT INTO shares SELECT i, 5 FROM "
        "generate_series(1, 900) AS i; UPDATE shares SET d = 0 WHERE id IN (100, 200)"};  // of the first batch
    world.evolver(shares()).expand();
    std::atomic<bool> over{false};
    std::thread writer{[&] {
        auto const mine = world.database.connect();
        while (!over) {
            mine.run("UPDATE shares SET d = d WHERE id % 100 = 0");
            std::this_thread::sleep_for(1ms);
        }
    }};
    std::atomic<int> failed{0};
    std::vector<std::thread> fillers;
    for (int i = 0; i < 3; ++i)
        fillers.emplace_back([&] {
            soci::session session{soci::postgresql, world.database.parameters()};
            Evolver evolver{session, shares(), {}};
            try {
                evolver.backfill();
            } catch (BackfillFailed const& error) {
                if (error.batch().rows == std::vector<std::string>{"100", "200"}) ++failed;
            }
        });
    for (auto& one : fillers) one.join();
    over = true;
    writer.join();
    CHECK(failed == 3);
    CHECK(world.app.integer("SELECT count(*) FROM evolver_audit WHERE event = 'batch failed'") == 1);
    CHECK(world.app.integer("SELECT count(*) FROM evolver_failed_row") == 2);
}

TEST_CASE(
    "backfill on postgresql: a ledger of an older evolver gets what it lacks, with the failure or with the next "
    "expand") {
    World world{"CREATE TABLE shares (id bigint PRIMARY KEY, d bigint, n bigint); INSERT INTO shares VALUES (1, 0)"};
    auto evolver = world.evolver(shares(), {.fill_order = {{"shares", KeyOrder::descending}}});
    evolver.expand();
    auto const make_old = [&] {
        world.app.run(
            "DROP TABLE IF EXISTS evolver_failed_row, evolver_failed_batch, evolver_reconcile; ALTER TABLE "
            "evolver_backfill DROP COLUMN IF EXISTS descending");
    };
    make_old();
    CHECK(failure_of(evolver).rows == std::vector<std::string>{"1"});
    evolver.skip_failed_rows({.reason = "nobody knows"});
    evolver.resume_backfill();
    evolver.backfill();
    (void)evolver.reconcile();
    make_old();
    evolver.rollback({.migration = "0002-share"});
    evolver.expand();
    CHECK(
        world.app.text("SELECT to_regclass('evolver_failed_row') || ' ' || to_regclass('evolver_reconcile') || ' ' || "
                       "count(*) FROM pg_attribute WHERE attrelid = 'evolver_backfill'::regclass AND attname = "
                       "'descending'") == "evolver_failed_row evolver_reconcile 1");
}

TEST_CASE("backfill on postgresql: a worker ends where a batch fails, and says so") {
    World world{"CREATE TABLE shares (id bigint PRIMARY KEY, d bigint, n bigint); INSERT INTO shares VALUES (1, 0)"};
    world.evolver(shares()).expand();
    auto const open = [&](soci::session& session) { session.open(soci::postgresql, world.database.parameters()); };
    Worker const worker{shares(), {.open = open, .idle = 10ms}};
    for (auto const end = std::chrono::steady_clock::now() + 30s;
         worker.running() && std::chrono::steady_clock::now() < end;)
        std::this_thread::sleep_for(10ms);
    CHECK_FALSE(worker.running());
    CHECK(worker.error().find("by key: 1") != std::string::npos);
}

TEST_CASE("backfill on postgresql: a moment as text is the same text, whichever program has written the row") {
    World world{
        "CREATE TABLE visits (id bigint PRIMARY KEY, at timestamptz); INSERT INTO visits VALUES (1, '2026-01-01 "
        "00:30+00')"};
    Plan const plan{"visits",
                    {Migration{.id = "0002-words",
                               .release = "2.0",
                               .operations = {ChangeType{.table = "visits",
                                                         .from = "at",
                                                         .to = "at_words",
                                                         .type = text(),
                                                         .up = "CAST(at AS text)",
                                                         .down = "CAST(at_words AS timestamptz)"}}}}};
    auto evolver = world.evolver(plan);
    evolver.expand();
    // Everybody lives somewhere else, and who fills and compares does, too.
    world.app.run(
        "SET timezone = 'Asia/Tokyo'; SET datestyle = 'German'; INSERT INTO visits (id, at) VALUES (2, '2026-01-01 "
        "00:30+00')");
    world.app.run("INSERT INTO visits (id, at_words) VALUES (3, '2026-01-01 00:30:00+00')");
    world.database.connect().run("ALTER DATABASE " + world.app.text("SELECT quote_ident(current_database())") +
                                 " SET timezone = 'America/Lima'");
    soci::session session{soci::postgresql, world.database.parameters()};
    Evolver elsewhere{session, plan};
    elsewhere.backfill();
    CHECK(elsewhere.reconcile().different() == 0);
    CHECK(world.app.integer("SELECT count(*) FROM visits WHERE at_words = '2026-01-01 00:30:00+00' AND extract(epoch "
                            "FROM at) = 1767227400") == 3);
}

TEST_CASE("backfill on postgresql: a walk by days goes on in a session that writes them in another order") {
    World world{
        "CREATE TABLE days (day date PRIMARY KEY, d bigint, n bigint); INSERT INTO days SELECT date '2026-01-01' + i, "
        "5 "
        "FROM generate_series(0, 1999) AS i"};
    Plan const plan{
        "days",
        {Migration{.id = "0002-share",
                   .release = "2.0",
                   .operations = {Backfill{.table = "days", .set = {{"n", "100 / d"}}, .where = "n IS NULL"}}}}};
    auto const settled = [&](char const* style) {
        world.app.run("ALTER DATABASE " + world.app.text("SELECT quote_ident(current_database())") +
                      " SET datestyle = '" + style + "'");
    };
    settled("SQL, DMY");
    {
        soci::session session{soci::postgresql, world.database.parameters()};
        Evolver evolver{session, plan};
        evolver.expand();
        CHECK(evolver.advance(1us));
        CHECK(world.app.integer("SELECT count(*) FROM days WHERE n = 20") == 500);
    }
    settled("SQL, MDY");
    soci::session session{soci::postgresql, world.database.parameters()};
    Evolver evolver{session, plan};
    evolver.backfill();
    CHECK(world.app.integer("SELECT count(*) FROM days WHERE n = 20") == 2000);
    CHECK(world.app.integer("SELECT rows FROM evolver_backfill") == 2000);
}

TEST_SUITE_END();
