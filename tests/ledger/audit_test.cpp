#include "ledger/audit.hpp"

#include "evolver/schema/digest.hpp"
#include "observe/json.hpp"
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
        for (
            auto const* sql :
            {"UPDATE evolver_audit SET actor = 'bob' WHERE sequence = 2", "UPDATE evolver_audit SET hash = hash",
             "DELETE FROM evolver_audit", "DELETE FROM evolver_audit WHERE sequence = 5",
             "INSERT OR REPLACE INTO evolver_audit (sequence, at, plan, event, migration, actor, release, plan_digest, "
             "detail, rows, microseconds, previous, hash) SELECT sequence, at, plan, event, migration, 'bob', release, "
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
            "INSERT INTO evolver_audit (sequence, at, plan, event, migration, actor, release, plan_digest, detail, "
            "rows, "
            "microseconds, previous, hash) SELECT 6, at, plan, event, migration, actor, release, plan_digest, detail, "
            "rows, microseconds, hash, hash FROM evolver_audit "
            "WHERE sequence = 5");
        REQUIRE(broken);
        CHECK(broken->sequence == 6);
    }

    TEST_CASE("a field of the second kind that was changed, or taken away, is found") {
        for (auto const* column :
             {"on_behalf_of", "host", "process", "database", "environment", "run", "stage", "schema_before",
              "schema_after", "planned_rows", "waited_microseconds", "steps", "warnings"}) {
            CAPTURE(column);
            for (auto const* value : {"'x'", "NULL"}) {
                auto const broken =
                    after("UPDATE evolver_audit SET " + std::string{column} + " = " + value + " WHERE sequence = 3");
                REQUIRE(broken);
                CHECK(broken->sequence == 3);
            }
        }
    }

    TEST_CASE("a trail of an older evolver goes on with the new fields, and both kinds of rows keep their hash") {
        auto const connection = Connection::in_memory();
        connection.run(
            "CREATE TABLE evolver_audit (sequence INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, plan TEXT NOT "
            "NULL, event TEXT NOT NULL, migration TEXT NOT NULL, actor TEXT NOT NULL, release TEXT NOT NULL, "
            "plan_digest "
            "TEXT NOT NULL, detail TEXT NOT NULL, rows TEXT NOT NULL, microseconds TEXT NOT NULL, previous TEXT NOT "
            "NULL, "
            "hash TEXT NOT NULL)");
        std::string text;
        for (std::string const field :
             {"", "1", "2026-11-29T02:14:37.123Z", "p", "expand", "m1", "alice", "1.0", "d", "x", "7", "42"})
            text += std::to_string(field.size()) + ":" + field;
        connection.run(
            "INSERT INTO evolver_audit VALUES (1, '2026-11-29T02:14:37.123Z', 'p', 'expand', 'm1', 'alice', '1.0', "
            "'d', "
            "'x', '7', '42', '', '" +
            digest_of(text) + "')");
        CHECK_FALSE(ledger::verify_audit(connection));
        ledger::append(connection, {.plan = "p", .event = "contract", .steps = {"drop"}, .warnings = {"w"}});
        CHECK_FALSE(ledger::verify_audit(connection));
        std::vector<AuditEntry> all;
        ledger::read_audit(connection, 0, [&](AuditEntry const& entry) { all.push_back(entry); });
        REQUIRE(all.size() == 2);
        CHECK(all[0].rows == 7);
        CHECK(all[0].duration.count() == 42);
        CHECK(all[0].host.empty());
        CHECK(all[1].process > 0);
        CHECK(all[1].steps == std::vector<std::string>{"drop"});
        CHECK(all[1].previous == all[0].hash);
    }

    TEST_CASE("a head that was anchored finds a trail that was cut off, or written anew with hashes that fit") {
        auto const connection = trail();
        auto const head = ledger::audit_head(connection);
        CHECK(head.sequence == 5);
        CHECK_FALSE(ledger::verify_audit(connection, head));
        ledger::append(connection, {.plan = "p", .event = "contract"});
        CHECK_FALSE(ledger::verify_audit(connection, head));

        auto const shorter = trail(3);
        REQUIRE_FALSE(ledger::verify_audit(shorter));
        auto const cut = ledger::verify_audit(shorter, head);
        REQUIRE(cut);
        CHECK(cut->sequence == 5);
        auto const anew = Connection::in_memory();
        anew.run(ledger::audit_tables());
        for (int i = 1; i <= 6; ++i) ledger::append(anew, {.plan = "p", .event = "nothing happened"});
        REQUIRE_FALSE(ledger::verify_audit(anew));
        auto const other = ledger::verify_audit(anew, head);
        REQUIRE(other);
        CHECK(other->sequence == 5);
        CHECK(other->why.find("written anew") != std::string::npos);
    }

    TEST_CASE("a row is one line of JSON with all that it holds") {
        auto const connection = trail(0);
        ledger::append(connection,
                       {.plan = "p", .event = "expand", .detail = "two\nlines \"and\" </script>", .run = "r"});
        ledger::read_audit(connection, 0, [&](AuditEntry const& entry) {
            auto const line = to_json(entry);
            CHECK(line.find('\n') == std::string::npos);
            auto const value = json_text::parse(line);
            CHECK(std::get<std::string>(value.find("detail")->held) == "two\nlines \"and\" </script>");
            CHECK(std::get<std::string>(value.find("run")->held) == "r");
            CHECK(std::get<std::string>(value.find("hash")->held) == entry.hash);
            CHECK(std::get<std::int64_t>(value.find("sequence")->held) == 1);
        });
    }
}
