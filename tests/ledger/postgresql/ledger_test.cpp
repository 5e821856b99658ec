// The ledger on PostgreSQL says what the one on SQLite says.

#include "ledger/postgresql/ledger.hpp"

#include "dialect/postgresql/sync.hpp"
#include "evolver/dialect/engine_error.hpp"
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

Plan catalogue() {
    return Plan{
        "catalogue",
        {Migration{.id = "0001-packages",
                   .release = "1.0",
                   .operations = {CreateTable{.table = "packages",
                                              .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                          {.name = "size", .type = text()}}}}},
         Migration{.id = "0002-size-bytes",
                   .release = "2.0",
                   .operations = {ChangeType{.table = "packages",
                                             .from = "size",
                                             .to = "size_bytes",
                                             .type = integer(),
                                             .up = "CAST(size AS BIGINT)",
                                             .down = "CAST(size_bytes AS TEXT)"}}}}};
}

struct Book {
    PostgresqlDatabase database;
    postgresql::Connection connection = database.connect();
    Plan plan = catalogue();

    Book() { ledger::create(connection, plan.name(), 1s); }
    [[nodiscard]] ledger::State state() const { return ledger::read(connection, plan.name()); }
    void expand_both() const {
        ledger::expanded(connection, plan, 0, Phase::expanded, Stage::dual, true);
        ledger::expanded(connection, plan, 1, Phase::expanded, Stage::dual, false);
    }
    void count(std::int64_t id) const { connection.query("SELECT nextval('" + postgresql::counter_name(id) + "')"); }
};

}  // namespace

TEST_SUITE_BEGIN("ledger/postgresql/ledger");

TEST_CASE("ledger on postgresql: a database without one has no state") {
    PostgresqlDatabase const database;
    auto const connection = database.connect();
    CHECK_FALSE(ledger::exists(connection));
    CHECK_FALSE(ledger::read(connection, "catalogue").exists);
}

TEST_CASE("ledger on postgresql: what was noted of a migration is read back") {
    Book const book;
    CHECK(book.state().exists);
    CHECK(book.state().entries.empty());
    book.expand_both();
    ledger::move_stage(book.connection, "catalogue", 1, Stage::switched);
    ledger::mark_filled(book.connection, "catalogue", 1);
    ledger::mark_reconciled(book.connection, "catalogue", 1, 7, 2);
    auto const state = book.state();
    REQUIRE(state.entries.size() == 2);
    CHECK(state.entries[0].id == "0001-packages");
    CHECK(state.entries[0].digest == book.plan.digest(0));
    auto const& entry = state.entries[1];
    CHECK(entry.release == "2.0");
    CHECK(entry.stage == Stage::switched);
    CHECK(entry.filled);
    CHECK(entry.reconciled_at > 0);
    CHECK(entry.reconciled_writes == 7);
    CHECK(entry.lossy_rows == 2);
    ledger::verify(state, book.plan, 0, "1.0");

    ledger::contracted(book.connection, "catalogue", 1);
    CHECK(book.state().entries[1].phase == Phase::contracted);
    CHECK(book.state().entries[1].stage == Stage::complete);
    CHECK(book.state().entries[1].contracted_at > 0);
}

TEST_CASE("ledger on postgresql: nothing is left of a migration that was rolled back") {
    Book const book;
    book.expand_both();
    ledger::make_legacy_counter(book.connection, "catalogue", 1, "packages", 5);
    ledger::keep_filling(book.connection, "catalogue", 1, "packages", {.done = {"3"}, .bound = {"9"}});
    ledger::rolled_back(book.connection, "catalogue", 1);
    CHECK(book.state().entries.size() == 1);
    CHECK_FALSE(ledger::filling_of(book.connection, "catalogue", 1, "packages"));
    CHECK(book.connection.text("SELECT to_regclass('" + postgresql::counter_name(5) + "') IS NULL") == "t");
    CHECK(book.connection.text("SELECT chain FROM evolver_plan") == book.plan.chain(0));
}

TEST_CASE("ledger on postgresql: a checkpoint is kept part by part, NULL and empty text apart") {
    Book const book;
    ledger::keep_filling(book.connection, "catalogue", 1, "packages", {.batch_rows = 100, .bound = {"7", ""}});
    auto const begun = ledger::filling_of(book.connection, "catalogue", 1, "packages");
    REQUIRE(begun);
    CHECK(begun->done.empty());
    CHECK(begun->bound == std::vector<std::string>{"7", ""});
    ledger::keep_filling(
        book.connection, "catalogue", 1, "packages",
        {.complete = true, .rows = 5, .batches = 1, .batch_rows = 200, .done = {"7", ""}, .bound = {"7", ""}});
    auto const ended = ledger::filling_of(book.connection, "catalogue", 1, "packages");
    REQUIRE(ended);
    CHECK(ended->complete);
    CHECK(ended->rows == 5);
    CHECK(ended->done == std::vector<std::string>{"7", ""});
}

TEST_CASE(
    "ledger on postgresql: a legacy write counts though its transaction is rolled back, and is noted when it is seen") {
    Book const book;
    ledger::make_legacy_counter(book.connection, "catalogue", 1, "packages", -3);
    CHECK(ledger::legacy_of(book.connection, "catalogue", 1).writes == 0);
    CHECK(ledger::legacy_of(book.connection, "catalogue", 1).last_at == 0);
    {
        postgresql::Transaction const transaction{book.connection, 1s};
        book.count(-3);
    }
    book.count(-3);
    auto const seen = ledger::legacy_of(book.connection, "catalogue", 1);
    CHECK(seen.writes == 2);
    CHECK(seen.last_at > 0);
    ledger::drop_legacy_counters(book.connection, "catalogue", 1);
    CHECK(ledger::legacy_of(book.connection, "catalogue", 1).writes == 2);
}

TEST_CASE("ledger on postgresql: a newer format is refused in words") {
    Book const book;
    book.connection.run("UPDATE evolver_plan SET format = 99");
    CHECK_THROWS_WITH_AS((void)book.state(), doctest::Contains("format 99"), HistoryError);
}

TEST_CASE("ledger on postgresql: the pen is one's own until the end, and the second is told that a retry helps") {
    Book const book;
    auto const second = book.database.connect();
    postgresql::Transaction first{book.connection, 1s};
    ledger::take_pen(book.connection, "catalogue");
    try {
        postgresql::Transaction const transaction{second, 30ms};
        ledger::take_pen(second, "catalogue");
        FAIL("two have the pen");
    } catch (EngineError const& error) {
        CHECK(error.retry_helps());
        CHECK(error.native_code() == postgresql::lock_not_available);
    }
}

TEST_CASE("ledger on postgresql: any number of processes make it at once") {
    PostgresqlDatabase const database;
    std::vector<std::thread> all;
    std::atomic<int> failed{0};
    for (int i = 0; i < 8; ++i) {
        all.emplace_back([&] {
            try {
                ledger::create(database.connect(), "catalogue", 20s);
            } catch (Error const&) {
                ++failed;
            }
        });
    }
    for (auto& one : all) one.join();
    CHECK(failed == 0);
    CHECK(database.connect().integer("SELECT count(*) FROM evolver_plan") == 1);
}

TEST_SUITE_END();
