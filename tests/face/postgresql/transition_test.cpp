// The face on a real server: the same plan and the same calls as on SQLite.

#include "evolver/evolver.hpp"
#include "evolver/execute/backfill_error.hpp"
#include "evolver/fleet/gate.hpp"
#include "evolver/heartbeat.hpp"
#include "evolver/ledger/ledger_error.hpp"
#include "evolver/worker.hpp"
#include "support/postgresql.hpp"
#include "support/postgresql_catalogue.hpp"

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

Plan catalogue() { return {"catalogue", {packages(), size_bytes()}}; }

struct World {
    PostgresqlDatabase database;
    soci::session session{soci::postgresql, database.parameters()};

    World() {
        Evolver old{session, catalogue().until("1.0"), {.release = "1.0"}};
        old.expand();
        session
            << "INSERT INTO packages (id, name, size) SELECT i, 'package', i::text FROM generate_series(1, 3000) AS i";
    }
    [[nodiscard]] long long count(std::string const& condition) {
        long long rows = 0;
        session << "SELECT count(*) FROM packages WHERE " << condition, soci::into(rows);
        return rows;
    }
};

}  // namespace

TEST_SUITE_BEGIN("face/postgresql/transition");

TEST_CASE("the face on postgresql: from a dry run to contract, with a trail that says who") {
    World world;
    Evolver evolver{
        world.session, catalogue(), {.release = "2.0", .actor = "deploy-job-17", .on_behalf_of = "alice", .soak = 0s}};
    auto const rehearsed = evolver.dry_run();
    CHECK_FALSE(rehearsed.steps.empty());
    CHECK_FALSE(evolver.status().expanded);
    CHECK_FALSE(evolver.expand().steps.empty());
    CHECK(evolver.status().expanded);
    CHECK(evolver.expand().steps.empty());

    world.session << "INSERT INTO packages (id, name, size) VALUES (9001, 'late', '5')";
    evolver.backfill();
    CHECK(world.count("size_bytes IS DISTINCT FROM size::bigint") == 0);
    CHECK(evolver.reconcile().rows() == 3001);
    for (auto const& gate : evolver.gates()) CHECK_MESSAGE(gate.open, gate.name, ": ", gate.reason);
    evolver.contract();
    CHECK(world.count("size_bytes = 5") == 2);

    CHECK_FALSE(evolver.verify_audit());
    std::vector<std::string> events;
    evolver.audit([&](AuditEntry const& entry) {
        if (entry.migration != "0002-size-bytes") return;
        events.push_back(entry.event);
        CHECK(entry.actor == "deploy-job-17");
        CHECK(entry.on_behalf_of == "alice");
    });
    CHECK(events == std::vector<std::string>{"expand", "backfill finished", "reconcile", "stage complete", "contract"});
    CHECK(evolver.audit_head().sequence > 0);
}

TEST_CASE("the face on postgresql: rollback gives the old shape back, with what was written to the new one") {
    World world;
    Evolver evolver{world.session, catalogue(), {.release = "2.0"}};
    evolver.expand();
    world.session << "UPDATE packages SET size_bytes = 77 WHERE id = 7";
    evolver.rollback({.migration = "0002-size-bytes"});
    CHECK(world.count("size = '77'") == 2);
    CHECK_FALSE(evolver.status().expanded);
}

TEST_CASE("the face on postgresql: what it does not do yet it refuses by name, before anything is written") {
    World world;
    Evolver evolver{world.session, catalogue(), {.release = "2.0"}};
    CHECK_THROWS_WITH_AS((void)evolver.verify_backup(""),
                         doctest::Contains("verify_backup() is not there on PostgreSQL yet"), Error);
    PostgresqlDatabase const empty;
    soci::session elsewhere{soci::postgresql, empty.parameters()};
    Evolver stranger{elsewhere, catalogue(), {.release = "2.0"}};
    CHECK_THROWS_WITH_AS(stranger.backfill(), doctest::Contains("knows nothing of the plan"), HistoryError);
}

TEST_CASE("the face on postgresql: calls are refused inside an open transaction of the session") {
    World world;
    Evolver evolver{world.session, catalogue(), {.release = "2.0"}};
    soci::transaction open{world.session};
    CHECK_THROWS_WITH_AS(evolver.expand(), doctest::Contains("open transaction"), Error);
    CHECK_THROWS_WITH_AS((void)evolver.lint(), doctest::Contains("open transaction"), Error);
    open.rollback();
    evolver.expand();
}

TEST_CASE(
    "the face on postgresql: a plan that does not name the release, and a session that is closed, are told at once") {
    World world;
    CHECK_THROWS_AS((Evolver{world.session, catalogue(), {.release = "3.0"}}), PlanError);
    soci::session closed;
    CHECK_THROWS_WITH_AS((Evolver{closed, catalogue(), {}}), doctest::Contains("not connected"), EngineError);
}

TEST_CASE("the face on postgresql: a worker fills, a signal holds it, and a heartbeat keeps the lease") {
    World world;
    Evolver evolver{world.session, catalogue(), {.release = "2.0"}};
    evolver.expand();
    bool busy = true;
    Evolver held{world.session,
                 catalogue(),
                 {.release = "2.0", .signals = {[&] { return std::string{busy ? "the queue is long" : ""}; }}}};
    CHECK_FALSE(held.advance(5ms));
    CHECK(held.why() == "the queue is long");
    busy = false;
    CHECK(held.advance(5ms));

    auto const open = [&](soci::session& session) { session.open(soci::postgresql, world.database.parameters()); };
    Worker worker{catalogue(), {.open = open, .evolver = {.release = "2.0"}, .idle = 10ms}};
    Heartbeat const heartbeat{evolver, {.open = open, .every = 5ms}};
    auto const end = std::chrono::steady_clock::now() + 30s;
    while (world.count("size_bytes IS NULL") > 0 && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(10ms);
    CHECK(world.count("size_bytes IS NULL") == 0);
    worker.stop();
    CHECK(worker.error() == "");
    CHECK(heartbeat.error() == "");
}

TEST_CASE("the face on postgresql: another process pauses a backfill, resumes it and stops it, and the trail says so") {
    World world;
    Evolver evolver{world.session, catalogue(), {.release = "2.0", .actor = "worker"}};
    evolver.expand();
    CHECK(evolver.advance(1us));
    auto const filled = world.count("size_bytes IS NOT NULL");
    CHECK(filled > 0);

    soci::session other{soci::postgresql, world.database.parameters()};
    Evolver someone{other, catalogue(), {.release = "2.0", .actor = "alice"}};
    CHECK_THROWS_WITH_AS(someone.pause_backfill({}), doctest::Contains("no reason was given"), HistoryError);
    someone.pause_backfill({.reason = "the shop is busy"});
    someone.pause_backfill({.reason = "once more says nothing new"});
    CHECK_FALSE(evolver.advance(50ms));
    CHECK(evolver.why() == "the backfill of \"0002-size-bytes\" is paused: the shop is busy");
    CHECK(world.count("size_bytes IS NOT NULL") == filled);
    auto const status = someone.status().migrations.at(1);
    CHECK(status.backfills.at(0).state == RunState::paused);
    CHECK(status.backfills.at(0).why == "the shop is busy");

    someone.resume_backfill({.batches = Batches::halved});
    CHECK(evolver.advance(1us));
    CHECK(world.count("size_bytes IS NOT NULL") > filled);

    someone.stop_backfill({.reason = "not today"});
    CHECK_THROWS_WITH_AS(evolver.backfill(), doctest::Contains("was stopped: not today"), BackfillStopped);
    CHECK_THROWS_WITH_AS(someone.pause_backfill({.reason = "x"}), doctest::Contains("is stopped"), HistoryError);
    auto const open = [&](soci::session& session) { session.open(soci::postgresql, world.database.parameters()); };
    Worker const worker{catalogue(), {.open = open, .evolver = {.release = "2.0"}, .idle = 10ms}};
    for (auto const end = std::chrono::steady_clock::now() + 30s;
         worker.running() && std::chrono::steady_clock::now() < end;)
        std::this_thread::sleep_for(10ms);
    CHECK_FALSE(worker.running());
    CHECK(worker.error() == "");

    someone.resume_backfill();
    evolver.backfill();
    CHECK(world.count("size_bytes IS DISTINCT FROM size::bigint") == 0);
    CHECK_THROWS_WITH_AS(someone.pause_backfill({.reason = "late"}),
                         doctest::Contains("every migration that is expanded is filled"), HistoryError);
    CHECK_THROWS_WITH_AS(someone.pause_backfill({.reason = "late", .migration = "0002-size-bytes"}),
                         doctest::Contains("is finished"), HistoryError);
    std::vector<std::string> said;
    evolver.audit([&](AuditEntry const& entry) {
        if (entry.event.starts_with("backfill ") && entry.actor == "alice") said.push_back(entry.event);
    });
    CHECK(said ==
          std::vector<std::string>{"backfill paused", "backfill resumed", "backfill stopped", "backfill resumed"});
}

TEST_CASE("the face on postgresql: a pause waits for the batch that is under way, and for no other") {
    World world;
    Evolver evolver{world.session, catalogue(), {.release = "2.0"}};
    evolver.expand();
    // What a batch holds to its end.
    auto const batch = world.database.connect();
    batch.run("BEGIN; SELECT position FROM evolver_migration WHERE position = 1 FOR SHARE");
    std::atomic<bool> paused{false};
    std::jthread pausing{[&] {
        soci::session own{soci::postgresql, world.database.parameters()};
        Evolver{own, catalogue(), {.release = "2.0"}}.pause_backfill({.reason = "a look"});
        paused = true;
    }};
    std::this_thread::sleep_for(300ms);
    CHECK_FALSE(paused);
    batch.run("COMMIT");
    pausing.join();
    CHECK(paused);
    CHECK_FALSE(evolver.advance(50ms));
    CHECK(world.count("size_bytes IS NOT NULL") == 0);
}

TEST_CASE(
    "the face on postgresql: an operator moves a stage forward and back and holds it, and contract waits for that") {
    World world;
    Evolver evolver{world.session, catalogue(), {.release = "2.0", .actor = "alice", .soak = 0s}};
    evolver.expand();
    auto const stage = [&] { return evolver.status().migrations.at(1).stage; };
    CHECK_THROWS_WITH_AS(evolver.advance_stage(), doctest::Contains("backfill"), GateClosed);
    CHECK_THROWS_WITH_AS(evolver.step_back({.reason = "x"}), doctest::Contains("rollback("), HistoryError);
    evolver.backfill();

    CHECK_THROWS_WITH_AS(evolver.hold_stage({}), doctest::Contains("no reason was given"), HistoryError);
    evolver.hold_stage({.reason = "the report of March"});
    evolver.reconcile();
    CHECK(stage() == Stage::dual);  // it moves no reads
    CHECK(evolver.status().migrations.at(1).held == "the report of March");
    CHECK(evolver.status().migrations.at(1).held_by == "alice");
    CHECK_THROWS_WITH_AS(evolver.contract(), doctest::Contains("its stage is held by alice: the report of March"),
                         GateClosed);
    CHECK(evolver.advance_stage({.reason = "it is done"}) == Stage::switched);  // and ends the hold
    auto const packages = evolver.table("packages");
    CHECK(packages.select({"size_bytes"}).text().find("CASE") == std::string::npos);
    CHECK(evolver.advance_stage() == Stage::complete);
    CHECK_THROWS_WITH_AS(evolver.advance_stage(), doctest::Contains("what comes next is contract"), HistoryError);

    // At complete, the new release writes the new column only, and old programs read it all the same.
    world.session << packages.update({{"size_bytes", "12345"}}) + " WHERE id = 5";
    CHECK(world.count("id = 5 AND size = '12345'") == 1);
    CHECK(evolver.step_back({.reason = "a report is slow"}) == Stage::switched);
    CHECK(evolver.step_back({.reason = "slower still"}) == Stage::dual);
    world.session << packages.update({{"size_bytes", "54321"}}) + " WHERE id = 5";
    CHECK(world.count("id = 5 AND size = '54321' AND size_bytes = 54321") == 1);
    CHECK_THROWS_AS(evolver.contract(), GateClosed);
    evolver.release_stage();
    evolver.reconcile();
    CHECK(stage() == Stage::switched);
    evolver.contract();
    std::vector<std::string> said;
    evolver.audit([&](AuditEntry const& entry) {
        if (entry.event.starts_with("stage ") && entry.migration == "0002-size-bytes") said.push_back(entry.event);
    });
    CHECK(said == std::vector<std::string>{"stage held", "stage switched", "stage complete", "stage switched again",
                                           "stage dual again", "stage released", "stage complete"});
    CHECK_THROWS_WITH_AS(evolver.hold_stage({.reason = "late"}), doctest::Contains("no migration has two shapes"),
                         HistoryError);
}

TEST_CASE("the face on postgresql: who steps back while contract waits is heard, and old programs may still come in") {
    World world;
    auto const with = [&](soci::session& session, std::string const& actor) {
        session.open(soci::postgresql, world.database.parameters());
        return Evolver{session, catalogue(), {.release = "2.0", .actor = actor, .soak = 0s}};
    };
    soci::session first;
    soci::session second;
    Evolver evolver{world.session, catalogue(), {.release = "2.0", .soak = 0s}};
    evolver.expand();
    evolver.backfill();
    evolver.reconcile();
    // It is alive, and knows of no move until its heartbeat: so contract waits for it.
    auto busy = with(first, "an instance");
    busy.attach();
    std::string refusal;
    std::jthread contracting{[&] {
        try {
            evolver.contract();
        } catch (GateClosed const& closed) {
            refusal = closed.what();
        }
    }};
    auto alice = with(second, "alice");
    auto const stage = [&] { return alice.status().migrations.at(1).stage; };
    auto const end = std::chrono::steady_clock::now() + 60s;
    while (stage() != Stage::complete && std::chrono::steady_clock::now() < end) {
        busy.heartbeat();
        std::this_thread::sleep_for(5ms);
    }
    CHECK(alice.step_back({.reason = "a report is slow"}) == Stage::switched);
    busy.heartbeat();
    contracting.join();
    CHECK_MESSAGE(refusal.find("held by alice: a report is slow") != std::string::npos, refusal);
    CHECK(stage() == Stage::switched);
    CHECK(world.count("size IS NOT NULL") == 3000);
    soci::session third{soci::postgresql, world.database.parameters()};
    Evolver old{third, catalogue().until("1.0"), {.release = "1.0"}};
    CHECK_NOTHROW(old.attach());
}

TEST_CASE("the face on postgresql: a stage is not complete while an instance of the older release is alive") {
    World world;
    soci::session theirs{soci::postgresql, world.database.parameters()};
    Evolver old{theirs, catalogue().until("1.0"), {.release = "1.0"}};
    old.attach();
    Evolver evolver{world.session, catalogue(), {.release = "2.0", .soak = 0s}};
    evolver.expand();
    evolver.backfill();
    evolver.reconcile();
    CHECK_THROWS_WITH_AS(evolver.advance_stage(), doctest::Contains("instances"), GateClosed);
    CHECK(evolver.status().migrations.at(1).stage == Stage::switched);
}

TEST_CASE("the face on postgresql: a reader that the plan names keeps contract waiting until somebody signs it off") {
    World world;
    auto size = size_bytes();
    size.contract.readers = {"the warehouse"};
    Plan const plan{"catalogue", {packages(), size}};
    Evolver evolver{world.session, plan, {.release = "2.0", .actor = "alice", .soak = 0s}};
    evolver.expand();
    evolver.backfill();
    evolver.reconcile();
    CHECK_THROWS_WITH_AS(evolver.contract(), doctest::Contains("the warehouse"), GateClosed);
    CHECK_THROWS_WITH_AS(evolver.sign_off({.reader = "the warehouse"}), doctest::Contains("no reason"), HistoryError);
    CHECK_THROWS_WITH_AS(evolver.sign_off({.reader = "nobody", .reason = "x"}), doctest::Contains("\"nobody\""),
                         HistoryError);
    evolver.sign_off({.reader = "the warehouse", .reason = "it reads size_bytes since its version 7"});
    evolver.contract();
}

TEST_CASE("the face on postgresql: a flag follows the data, and goes ahead with a share of the instances") {
    World world;
    soci::session theirs{soci::postgresql, world.database.parameters()};
    Evolver evolver{world.session, catalogue(), {.release = "2.0", .soak = 0s, .canary_draw = 0.25}};
    Evolver late{theirs, catalogue(), {.release = "2.0", .canary_draw = 0.75}};
    auto const flag = evolver.flag("0002-size-bytes");
    auto const late_flag = late.flag("0002-size-bytes");
    CHECK_FALSE(flag.on());
    evolver.expand();
    CHECK_FALSE(flag.on());
    CHECK_FALSE(late_flag.on());
    CHECK_THROWS_WITH_AS(evolver.set_canary({.share = 1.5, .reason = "x"}), doctest::Contains("between 0 and 1"),
                         HistoryError);
    evolver.set_canary({.share = 0.5, .reason = "try it"});
    CHECK(flag.on());
    late.heartbeat();
    CHECK_FALSE(late_flag.on());
    CHECK(evolver.status().migrations.at(1).canary == doctest::Approx(0.5));
    evolver.set_canary({.share = 0.8, .reason = "it goes well"});
    CHECK_FALSE(late_flag.on());
    late.heartbeat();
    CHECK(late_flag.on());
    evolver.set_canary({.share = 0, .reason = "enough"});
    CHECK_FALSE(flag.on());
    evolver.backfill();
    evolver.reconcile();
    CHECK(flag.on());
}

TEST_SUITE_END();
