#include "ledger/audit.hpp"

#include "support/rows.hpp"

#include <doctest/doctest.h>

#include "evolver/dialect/engine_error.hpp"

using namespace evolver;
using evolver::sqlite::Connection;

namespace {

Connection trail(int rows = 5) {
    auto connection = Connection::in_memory();
    connection.run(ledger::audit_tables());
    for (int i = 1; i <= rows; ++i) {
        ledger::append(connection, {.plan = "p",
                                    .event = "expand",
                                    .migration = "m" + std::to_string(i),
                                    .actor = "alice",
                                    .release = "1.0",
                                    .plan_digest = "d",
                                    .detail = "x",
                                    .rows = i});
    }
    return connection;
}

/// What somebody does who gets around the triggers.
std::optional<ledger::AuditBreak> after(std::string const& tampering) {
    auto const connection = trail();
    connection.run("DROP TRIGGER evolver_audit_no_update; DROP TRIGGER evolver_audit_no_delete; " + tampering);
    return ledger::verify_audit(connection);
}

}  // namespace

TEST_SUITE("ledger/audit") {
    TEST_CASE("a trail that nobody touched is whole, also an empty one") {
        CHECK_FALSE(ledger::verify_audit(trail()));
        CHECK_FALSE(ledger::verify_audit(trail(0)));
        CHECK_FALSE(after(""));
    }

    TEST_CASE("UPDATE and DELETE are refused, whole rows and single ones, and REPLACE with them") {
        auto const connection = trail();
        auto const before = support::rows(connection, "SELECT * FROM evolver_audit");
        for (auto const* sql :
             {"UPDATE evolver_audit SET actor = 'bob' WHERE sequence = 2", "UPDATE evolver_audit SET hash = hash",
              "DELETE FROM evolver_audit", "DELETE FROM evolver_audit WHERE sequence = 5",
              "INSERT OR REPLACE INTO evolver_audit SELECT sequence, at, plan, event, migration, 'bob', release, "
              "plan_digest, detail, rows, microseconds, previous, "
              "hash FROM evolver_audit WHERE sequence = 2"}) {
            CAPTURE(sql);
            try {
                connection.run(sql);
                FAIL_CHECK("it was not refused");
            } catch (EngineError const& error) {
                CHECK(std::string{error.what()}.find("append-only") != std::string::npos);
            }
            CHECK(support::rows(connection, "SELECT * FROM evolver_audit") == before);
        }
    }

    TEST_CASE("a row whose field was changed is found, whichever field it is") {
        for (auto const* column : {"at", "plan", "event", "migration", "actor", "release", "plan_digest", "detail",
                                   "rows", "microseconds"}) {
            CAPTURE(column);
            auto const broken = after("UPDATE evolver_audit SET " + std::string{column} + " = " + column +
                                      " || 'x' WHERE sequence = 3");
            REQUIRE(broken);
            CHECK(broken->sequence == 3);
        }
    }

    TEST_CASE("what moves from one field to its neighbour is found") {
        auto const broken = after("UPDATE evolver_audit SET plan = 'pe', event = 'xpand' WHERE sequence = 2");
        REQUIRE(broken);
        CHECK(broken->sequence == 2);
    }

    TEST_CASE("a row that is missing is found, the first, one in between, and the last") {
        for (int const gone : {1, 3, 5}) {
            CAPTURE(gone);
            auto const broken = after("DELETE FROM evolver_audit WHERE sequence = " + std::to_string(gone));
            REQUIRE(broken);
            CHECK(broken->sequence == gone);
        }
    }

    TEST_CASE("a gap that was closed by renumbering, and rows that changed places, are found") {
        auto const closed = after(
            "DELETE FROM evolver_audit WHERE sequence = 3; UPDATE evolver_audit SET sequence = sequence - 1 WHERE "
            "sequence > 3");
        REQUIRE(closed);
        CHECK(closed->sequence == 3);
        auto const swapped = after(
            "UPDATE evolver_audit SET sequence = 99 WHERE sequence = 2; UPDATE evolver_audit SET sequence = 2 WHERE "
            "sequence = 4; "
            "UPDATE evolver_audit SET sequence = 4 WHERE sequence = 99");
        REQUIRE(swapped);
        CHECK(swapped->sequence == 2);
    }

    TEST_CASE("a row that was put in is found") {
        auto const broken = after(
            "INSERT INTO evolver_audit SELECT 6, at, plan, event, migration, actor, release, plan_digest, detail, "
            "rows, microseconds, hash, hash FROM evolver_audit "
            "WHERE sequence = 5");
        REQUIRE(broken);
        CHECK(broken->sequence == 6);
    }
}
