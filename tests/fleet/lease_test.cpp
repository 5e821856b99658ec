#include "fleet/lease.hpp"

#include "evolver/fleet/gate.hpp"
#include "evolver/fleet/lease_expired.hpp"
#include "fleet/hand_over.hpp"
#include "support/roster_in_memory.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

/// A server and the clock of one host, which go alike unless a test says otherwise.
struct Fleet {
    RosterInMemory roster;
    OwnTime host{};

    void pass(std::chrono::milliseconds time) {
        roster.now += time;
        host += time;
    }
    LeaseTerms terms() {
        return {.length = 30s, .clock_error = 0.01, .clock = [this] { return host; }};
    }
    static Enrolment release(std::string const& name, std::int64_t position) {
        return {.release = name, .release_position = position, .plan_digest = {}, .host = "here", .process = 7};
    }
    [[nodiscard]] RosterInMemory::Row const& row() const { return roster.instances.rbegin()->second; }
};

}  // namespace

TEST_SUITE_BEGIN("fleet/lease");

TEST_CASE("lease: is taken with the floor in one transaction, and ended by leaving") {
    Fleet fleet;
    fleet.roster.epoch = 5;
    {
        Lease const lease{fleet.roster, Fleet::release("2.0", 1), fleet.terms()};
        CHECK(fleet.roster.instances.size() == 1);
        CHECK(fleet.row().acknowledged == 5);
        CHECK(lease.epoch() == 5);
    }
    CHECK(fleet.roster.instances.empty());
    fleet.roster.floor = 1;
    CHECK_THROWS_AS((Lease{fleet.roster, Fleet::release("1.0", 0), fleet.terms()}), SchemaTooNew);
    CHECK(fleet.roster.instances.empty());
}

TEST_CASE("lease: is over for the instance before it is over for the server") {
    Fleet fleet;
    Lease lease{fleet.roster, Fleet::release("2.0", 1), fleet.terms()};
    fleet.pass(29s);
    (void)lease.guard();
    fleet.pass(701ms);  // 1 % before the end
    CHECK_THROWS_AS((void)lease.guard(), LeaseExpired);
    CHECK(fleet.roster.is_alive(1));
}

TEST_CASE("lease: is renewed by one write, which is due after a third of it") {
    Fleet fleet;
    Lease lease{fleet.roster, Fleet::release("2.0", 1), fleet.terms()};
    CHECK_FALSE(lease.is_due());
    fleet.pass(10s);
    CHECK(lease.is_due());
    lease.renew();
    CHECK_FALSE(lease.is_due());
    CHECK(fleet.row().expires_at == 40s);
    fleet.pass(29s);
    (void)lease.guard();
}

TEST_CASE("lease: an answer that is lost makes it no longer here, whatever the ledger says") {
    Fleet fleet;
    Lease lease{fleet.roster, Fleet::release("2.0", 1), fleet.terms()};
    fleet.pass(20s);
    fleet.roster.next = RosterInMemory::Fault::answer_lost;
    CHECK_THROWS_AS(lease.renew(), EngineError);
    CHECK(fleet.row().expires_at == 50s);
    fleet.pass(10s);
    CHECK_THROWS_AS((void)lease.guard(), LeaseExpired);
    lease.renew();
    (void)lease.guard();
    CHECK(fleet.roster.instances.size() == 1);
}

TEST_CASE("lease: one that is over is renewed where nobody has gone on without the instance") {
    Fleet fleet;
    Lease lease{fleet.roster, Fleet::release("2.0", 1), fleet.terms()};
    auto const guard = lease.guard();
    fleet.pass(60s);
    CHECK_THROWS_AS(guard.check(), LeaseExpired);
    lease.renew();
    guard.check();  // the same lease: its statement is good
    CHECK(fleet.roster.last() == 1);
}

TEST_CASE("lease: an epoch is acknowledged once it is known, and no guard of an older one lives") {
    Fleet fleet;
    Lease lease{fleet.roster, Fleet::release("2.0", 1), fleet.terms()};
    std::optional<Lease::Guard> old{lease.guard()};
    CHECK(hand_over(fleet.roster, {.what = "a move"}) == 2);
    lease.renew();
    CHECK(lease.epoch() == 2);
    CHECK(fleet.row().acknowledged == 1);
    auto const young = lease.guard();
    CHECK(young.epoch() == 2);
    lease.renew();
    CHECK(fleet.row().acknowledged == 1);
    old.reset();
    lease.renew();
    CHECK(fleet.row().acknowledged == 2);
}

TEST_CASE("lease: who was taken out is enrolled anew, with a look at the floor, and its guards are void") {
    Fleet fleet;
    Lease lease{fleet.roster, Fleet::release("2.0", 1), fleet.terms()};
    auto const guard = lease.guard();
    fleet.pass(31s);
    (void)hand_over(fleet.roster, {.what = "a move"});
    CHECK(fleet.roster.waits_for_writers == 1);
    lease.renew();
    CHECK(fleet.roster.last() == 2);
    CHECK(lease.epoch() == 2);
    CHECK(fleet.row().acknowledged == 2);
    CHECK_THROWS_AS(guard.check(), LeaseExpired);
    lease.guard().check();
    lease.renew();
    CHECK(fleet.row().acknowledged == 2);  // void guards hold nothing back

    fleet.pass(31s);
    (void)hand_over(fleet.roster, {.what = "contract", .floor = 2});
    CHECK_THROWS_AS(lease.renew(), SchemaTooNew);
    CHECK_THROWS_AS((void)lease.guard(), LeaseExpired);
    CHECK(lease.is_due());
}

TEST_CASE("lease: the clock of the host goes on") {
    auto const before = own_time();
    CHECK(own_time() >= before);
    CHECK(before > 0s);
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("fleet/hand_over");

TEST_CASE("hand_over: waits for who has not acknowledged the last move, and names him") {
    Fleet fleet;
    Lease lease{fleet.roster, Fleet::release("2.0", 1), fleet.terms()};
    (void)hand_over(fleet.roster, {.what = "the first"});
    bool worked = false;
    try {
        (void)hand_over(fleet.roster, {.what = "the second", .work = [&] { worked = true; }});
        FAIL("it did not wait");
    } catch (Error const& error) {
        CHECK(error.retry_helps());
        CHECK(std::string{error.what()}.find("release 2.0 on here (pid 7)") != std::string::npos);
    }
    CHECK_FALSE(worked);
    CHECK(fleet.roster.epoch == 2);
    lease.renew();
    lease.renew();
    CHECK(hand_over(fleet.roster, {.what = "the second", .work = [&] { worked = true; }}) == 3);
    CHECK(worked);
}

TEST_CASE("hand_over: raises no floor above who lives, and takes nobody out for it") {
    Fleet fleet;
    Lease const lease{fleet.roster, Fleet::release("1.0", 0), fleet.terms()};
    CHECK_THROWS_AS((void)hand_over(fleet.roster, {.what = "contract", .floor = 1}), GateClosed);
    CHECK(fleet.roster.floor == 0);
    fleet.pass(31s);
    (void)hand_over(fleet.roster, {.what = "contract", .floor = 1});
    CHECK(fleet.roster.floor == 1);
}

TEST_CASE("hand_over: what the work throws takes all of it back") {
    Fleet fleet;
    Lease const lease{fleet.roster, Fleet::release("1.0", 0), fleet.terms()};
    fleet.pass(31s);
    CHECK_THROWS_AS(
        (void)hand_over(fleet.roster,
                        {.what = "contract", .floor = 1, .work = [] { throw Error{Failure{.what = "no"}}; }}),
        Error);
    CHECK(fleet.roster.floor == 0);
    CHECK(fleet.roster.epoch == 1);
    CHECK(fleet.roster.instances.size() == 1);
}

TEST_CASE("hand_over: nobody enrols, and nobody else moves, in the middle of one") {
    Fleet fleet;
    (void)hand_over(fleet.roster,
                    {.what = "the first", .work = [&] {
                         CHECK_THROWS_AS((Lease{fleet.roster, Fleet::release("1.0", 0), fleet.terms()}), EngineError);
                         CHECK_THROWS_AS((void)hand_over(fleet.roster, {.what = "the second"}), EngineError);
                     }});
    CHECK(fleet.roster.epoch == 2);
}

TEST_SUITE_END();
