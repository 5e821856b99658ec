// The protocol of leases on a real server: what lease_test.cpp says of a roster in memory holds there, and nobody misses anybody.

#include "fleet/postgresql_roster.hpp"

#include "evolver/dialect/engine_error.hpp"
#include "evolver/fleet/gate.hpp"
#include "evolver/fleet/lease_expired.hpp"
#include "evolver/ledger/ledger_error.hpp"
#include "fleet/hand_over.hpp"
#include "fleet/lease.hpp"
#include "support/postgresql.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <thread>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

postgresql::RosterOptions options() {
    return {.plan = "catalogue", .releases = {"1.0", "2.0", "3.0"}, .tables = {"packages"}, .lock_timeout = 100ms};
}

Enrolment release(std::int64_t position) {
    return {.release = options().releases.at(static_cast<std::size_t>(position)),
            .release_position = position,
            .plan_digest = "d",
            .host = "here",
            .process = 7};
}

struct Server {
    PostgresqlDatabase database;
    postgresql::Connection raw = database.connect();

    Server() { raw.run("CREATE TABLE packages (id int PRIMARY KEY, size text)"); }
    [[nodiscard]] postgresql::Roster roster() const { return postgresql::Roster{database.connect(), options()}; }
    [[nodiscard]] std::int64_t instances() const { return raw.integer("SELECT count(*) FROM evolver_instance"); }
    /// The server's clock is everybody's: time goes by for one row.
    void expire() const { raw.run("UPDATE evolver_instance SET expires_at = clock_timestamp() - interval '1 second'"); }
};

bool retry_helps(std::function<void()> const& work) {
    try {
        work();
    } catch (Error const& error) {
        return error.retry_helps();
    }
    return false;
}

}  // namespace

TEST_SUITE_BEGIN("fleet/postgresql_roster");

TEST_CASE("roster on postgresql: an instance comes in with what it is, is renewed by one write, and leaves") {
    Server const server;
    auto roster = server.roster();
    {
        Lease lease{roster, release(1)};
        CHECK(server.raw.text(
                  "SELECT release || ' ' || host || ' ' || process || ' ' || acknowledged FROM evolver_instance") ==
              "2.0 here 7 1");
        auto const before = server.raw.text("SELECT expires_at FROM evolver_instance");
        lease.renew();
        CHECK(server.raw.text("SELECT expires_at FROM evolver_instance") != before);
        CHECK(server.raw.text("SELECT extract(epoch FROM expires_at - clock_timestamp()) BETWEEN 20 AND 30 FROM "
                              "evolver_instance") == "t");
    }
    CHECK(server.instances() == 0);
}

TEST_CASE("roster on postgresql: any number of processes make the tables at once") {
    PostgresqlDatabase const database;
    std::vector<std::thread> all;
    std::atomic<int> failed{0};
    for (int i = 0; i < 8; ++i) {
        all.emplace_back([&] {
            try {
                postgresql::Roster roster{database.connect(), {.plan = "catalogue", .lock_timeout = 10s}};
                Lease const lease{roster, release(1)};
            } catch (Error const&) {
                ++failed;
            }
        });
    }
    for (auto& one : all) one.join();
    CHECK(failed == 0);
    CHECK(database.connect().integer("SELECT count(*) FROM evolver_fleet") == 1);
}

TEST_CASE("roster on postgresql, rule 26: who comes in while the floor rises waits for it, and is refused") {
    Server const server;
    auto mover = server.roster();
    auto slow = options();
    slow.lock_timeout = 20s;
    postgresql::Roster newcomer{server.database.connect(), slow};
    std::atomic<bool> refused{false};
    std::thread old;
    {
        auto const turn = mover.take_turn();
        CHECK(turn->live().empty());
        old = std::thread{[&] {
            try {
                Lease const lease{newcomer, release(0)};
            } catch (SchemaTooNew const&) {
                refused = true;
            }
        }};
        while (server.raw.integer("SELECT count(*) FROM pg_locks WHERE NOT granted") == 0) {
        }
        turn->raise_floor(1);
        turn->commit();
    }
    old.join();
    CHECK(refused);
    CHECK(server.instances() == 0);
}

TEST_CASE("roster on postgresql, rule 26: who moves while somebody comes in waits for him, and then sees him") {
    Server const server;
    auto roster = server.roster();
    auto const newcomer = server.database.connect();
    newcomer.run("BEGIN; SELECT * FROM evolver_fleet FOR SHARE");
    CHECK(retry_helps([&] { (void)roster.take_turn(); }));
    newcomer.run(
        "INSERT INTO evolver_instance (plan, release, release_position, plan_digest, host, process, acknowledged, "
        "expires_at) "
        "VALUES ('catalogue', '1.0', 0, 'd', 'there', 8, 1, clock_timestamp() + interval '30 seconds'); COMMIT");
    try {
        (void)hand_over(roster, {.what = "contract", .floor = 1});
        FAIL("an instance of release 1.0 lives");
    } catch (GateClosed const& closed) {
        CHECK(closed.gates().at(0).name == "instances");
    }
}

TEST_CASE("roster on postgresql: one mover at a time, and the second is told that a retry helps") {
    Server const server;
    auto first = server.roster();
    auto second = server.roster();
    auto const turn = first.take_turn();
    CHECK(retry_helps([&] { (void)second.take_turn(); }));
}

TEST_CASE(
    "roster on postgresql: a lease that is over is taken out by the mover, and its renewal finds nothing and enrols "
    "anew") {
    Server const server;
    auto roster = server.roster();
    auto mover = server.roster();
    Lease lease{roster, release(1)};
    server.expire();
    lease.renew();  // nobody has gone on without it
    CHECK(server.instances() == 1);
    server.expire();
    auto const epoch = hand_over(mover, {.what = "switch"});
    CHECK(epoch == 2);
    CHECK(server.instances() == 0);
    lease.renew();
    CHECK(lease.epoch() == 2);
    CHECK(server.instances() == 1);
}

TEST_CASE("roster on postgresql: a renewal that is under way when the mover looks keeps its row") {
    Server const server;
    auto roster = server.roster();
    Lease const lease{roster, release(1)};
    server.expire();
    auto const renewing = server.database.connect();
    renewing.run("BEGIN; UPDATE evolver_instance SET expires_at = clock_timestamp() + interval '30 seconds'");
    auto slow = options();
    slow.lock_timeout = 20s;
    postgresql::Roster mover{server.database.connect(), slow};
    std::size_t expelled = 99;
    std::thread moves{[&] {
        auto const turn = mover.take_turn();
        expelled = turn->expel_expired().size();
        turn->commit();
    }};
    while (server.raw.integer("SELECT count(*) FROM pg_locks WHERE NOT granted") == 0) {
    }
    renewing.run("COMMIT");
    moves.join();
    CHECK(expelled == 0);
    CHECK(server.instances() == 1);
}

TEST_CASE("roster on postgresql: a move waits for who is in the middle of writing, within its lock timeout") {
    Server const server;
    auto roster = server.roster();
    auto const writer = server.database.connect();
    writer.run("BEGIN; INSERT INTO packages VALUES (1, '1')");
    CHECK(retry_helps([&] { roster.take_turn()->wait_for_writers(); }));
    writer.run("COMMIT");
    auto const turn = roster.take_turn();
    turn->wait_for_writers();
    CHECK(server.database.connect().integer("SELECT count(*) FROM packages") == 1);  // who reads goes on
}

TEST_CASE("roster on postgresql: what fails in the middle of a move leaves no trace of it") {
    Server const server;
    auto roster = server.roster();
    CHECK_THROWS_AS((void)hand_over(roster, {.what = "drop",
                                             .floor = 1,
                                             .work =
                                                 [&] {
                                                     roster.connection().run("DROP TABLE packages");
                                                     roster.connection().run("SELECT 1 / 0");
                                                 }}),
                    EngineError);
    CHECK(server.raw.text("SELECT epoch || ' ' || floor FROM evolver_fleet") == "1 0");
    CHECK(server.raw.integer("SELECT count(*) FROM packages") == 0);
    CHECK(hand_over(roster, {.what = "drop", .floor = 1, .work = [&] {
                                 roster.connection().run("DROP TABLE packages");
                             }}) == 2);
    CHECK(server.raw.text("SELECT epoch || ' ' || floor || ' ' || floor_release FROM evolver_fleet") == "2 1 2.0");
}

TEST_CASE("roster on postgresql: a connection that is lost in a renewal is made anew by the next one") {
    Server const server;
    auto roster = server.roster();
    Lease lease{roster, release(1)};
    server.database.cut_connections();
    CHECK(retry_helps([&] { lease.renew(); }));
    lease.renew();
    CHECK(server.database.connect().integer("SELECT count(*) FROM evolver_instance") == 1);
}

TEST_CASE("roster on postgresql: with instances at work in many threads, two epochs are in use at once, never three") {
    Server const server;
    constexpr int workers = 6;
    constexpr std::uint64_t moves = 40;
    std::array<std::atomic<std::uint64_t>, workers> in_use{};  // 0: none
    std::atomic<bool> over{false};
    std::atomic<int> complaints{0};
    auto mover = server.roster();
    std::vector<std::thread> all;
    for (auto& mine : in_use) {
        auto const work = [&] {
            auto roster = server.roster();
            Lease lease{roster, release(1), {.length = 60s}};
            while (!over) {
                {
                    auto const guard = lease.guard();
                    mine = guard.epoch();
                    std::uint64_t oldest = ~std::uint64_t{0};
                    std::uint64_t newest = 0;
                    for (auto const& epoch : in_use) {
                        if (auto const seen = epoch.load(); seen != 0) {
                            oldest = std::min(oldest, seen);
                            newest = std::max(newest, seen);
                        }
                    }
                    // Another may have gone on while these were read, by one: who holds an epoch lets nobody go two further.
                    if (guard.epoch() + 1 < newest || newest > oldest + 2) ++complaints;
                    mine = 0;
                }
                try {
                    lease.renew();
                } catch (Error const& error) {
                    if (!error.retry_helps()) ++complaints;
                }
            }
        };
        all.emplace_back([&, work] {
            while (!over) {
                try {
                    work();
                } catch (Error const& error) {
                    if (!error.retry_helps()) ++complaints;  // else it did not get in: many come at once
                }
            }
        });
    }
    for (std::uint64_t done = 0; done < moves;) {
        try {
            (void)hand_over(mover, {.what = "switch"});
            ++done;
        } catch (Error const& error) {
            if (!error.retry_helps()) FAIL(error.what());
        }
    }
    over = true;
    for (auto& one : all) one.join();
    CHECK(complaints == 0);
    CHECK(server.raw.integer("SELECT epoch FROM evolver_fleet") == static_cast<std::int64_t>(moves) + 1);
}

TEST_SUITE_END();
