// The trail on PostgreSQL: append-only, hash-chained, and of one writer at a time.

#include "ledger/postgresql/audit.hpp"

#include "evolver/dialect/engine_error.hpp"
#include "ledger/postgresql/ledger.hpp"
#include "support/postgresql.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

struct Trail {
    PostgresqlDatabase database;
    postgresql::Connection connection = database.connect();

    Trail() { ledger::create(connection, "catalogue", 1s); }

    void append(std::string const& detail) const { append_by(connection, detail); }
    static void append_by(postgresql::Connection const& somebody, std::string const& detail) {
        postgresql::Transaction transaction{somebody, 20s};
        ledger::append(somebody, {.plan = "catalogue",
                                  .event = "expand",
                                  .detail = detail,
                                  .rows = 3,
                                  .steps = {"add column packages.size_bytes", "it's \"odd\""}});
        transaction.commit();
    }
    /// As one who may do anything.
    void around_the_guards(std::string const& sql) const {
        connection.run("ALTER TABLE evolver_audit DISABLE TRIGGER ALL; " + sql +
                       "; ALTER TABLE evolver_audit ENABLE TRIGGER ALL");
    }
    [[nodiscard]] std::string broken(AuditHead const& anchored = {}) const {
        auto const found = ledger::verify_audit(connection, anchored);
        return found ? std::to_string(found->sequence) + ": " + found->why : "";
    }
};

}  // namespace

TEST_SUITE_BEGIN("ledger/postgresql/audit");

TEST_CASE("audit on postgresql: what was appended is read, in order, and the chain holds") {
    Trail const trail;
    CHECK(trail.broken().empty());
    CHECK(ledger::audit_head(trail.connection) == AuditHead{});
    for (auto const* detail : {"one", "zwei – ü", "three"}) trail.append(detail);
    std::vector<AuditEntry> all;
    ledger::read_audit(trail.connection, 1, [&](AuditEntry const& entry) { all.push_back(entry); });
    REQUIRE(all.size() == 2);
    CHECK(all[0].sequence == 2);
    CHECK(all[0].detail == "zwei – ü");
    CHECK(all[0].rows == 3);
    CHECK(all[0].steps == std::vector<std::string>{"add column packages.size_bytes", "it's \"odd\""});
    CHECK(all[0].database.starts_with("evolver_test_"));
    CHECK(all[0].at.ends_with("Z"));
    CHECK(all[1].previous == all[0].hash);
    CHECK(ledger::audit_head(trail.connection) == AuditHead{3, all[1].hash});
    CHECK(trail.broken().empty());
}

TEST_CASE("audit on postgresql: nobody changes, deletes or truncates it") {
    Trail const trail;
    trail.append("one");
    for (auto const* sql :
         {"UPDATE evolver_audit SET detail = 'x'", "DELETE FROM evolver_audit", "TRUNCATE evolver_audit"}) {
        CAPTURE(sql);
        CHECK_THROWS_AS(trail.connection.run(sql), EngineError);
    }
    CHECK(trail.broken().empty());
}

TEST_CASE("audit on postgresql: what was changed around the guards is found, with its row") {
    Trail const trail;
    for (auto const* detail : {"one", "two", "three"}) trail.append(detail);
    auto const anchored = ledger::audit_head(trail.connection);

    SUBCASE("a field") {
        trail.around_the_guards("UPDATE evolver_audit SET detail = 'zwei' WHERE sequence = 2");
        CHECK(trail.broken() == "2: its fields do not match its hash");
    }
    SUBCASE("a row from the middle") {
        trail.around_the_guards("DELETE FROM evolver_audit WHERE sequence = 2");
        CHECK(trail.broken() == "2: the row is missing");
    }
    SUBCASE("the end") {
        trail.around_the_guards("DELETE FROM evolver_audit WHERE sequence = 3");
        CHECK(trail.broken() == "3: the row is missing");
    }
    SUBCASE("the end, and the note of it") {
        trail.around_the_guards(
            "DELETE FROM evolver_audit WHERE sequence = 3; UPDATE evolver_audit_end SET sequence = 2");
        CHECK(trail.broken().empty());
        CHECK(trail.broken(anchored) == "3: the row is missing, and the trail was cut off before it");
    }
    SUBCASE("the end, written anew with a hash that fits") {
        trail.around_the_guards("DELETE FROM evolver_audit WHERE sequence = 3");
        trail.append("drei");
        CHECK(trail.broken().empty());
        CHECK(trail.broken(anchored) ==
              "3: it is not the row whose hash was anchored: the trail was written anew up to here");
    }
}

TEST_CASE("audit on postgresql: any number of writers at once make one chain without a gap") {
    Trail const trail;
    constexpr int writers = 6;
    constexpr int rows = 20;
    std::vector<std::thread> all;
    std::atomic<int> failed{0};
    for (int writer = 0; writer < writers; ++writer) {
        all.emplace_back([&] {
            try {
                auto const connection = trail.database.connect();
                for (int row = 0; row < rows; ++row) Trail::append_by(connection, std::to_string(row));
            } catch (Error const&) {
                ++failed;
            }
        });
    }
    for (auto& one : all) one.join();
    CHECK(failed == 0);
    CHECK(ledger::audit_head(trail.connection).sequence == writers * rows);
    CHECK(trail.broken().empty());
}

TEST_CASE("audit on postgresql: a row of a transaction that is rolled back never was") {
    Trail const trail;
    trail.append("one");
    {
        postgresql::Transaction const transaction{trail.connection, 1s};
        ledger::append(trail.connection, {.plan = "catalogue", .event = "expand"});
    }
    CHECK(ledger::audit_head(trail.connection).sequence == 1);
    trail.append("two");
    CHECK(trail.broken().empty());
}

TEST_SUITE_END();
