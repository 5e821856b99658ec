// Reconciliation: what stops it, where it goes on, and what it tells.

#include "both/world.hpp"
#include "support/reconciling.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

constexpr int many = 5000;

Plan sizes() {
    return catalogue_with({ChangeType{.table = "packages",
                                      .from = "size",
                                      .to = "bytes",
                                      .type = integer(),
                                      .up = "CAST(size AS INTEGER)",
                                      .down = "CAST(bytes AS TEXT)"}});
}

/// Release 2.0 over `rows` rows, filled: size is 10 · id.
struct Filled {
    explicit Filled(int rows = many) {
        if (rows > 5)
            world.old.run(
                "INSERT INTO packages (id, name, size) WITH RECURSIVE n(i) AS (SELECT 6 UNION ALL SELECT i + 1 FROM n "
                "WHERE i < " +
                std::to_string(rows) + ") SELECT i, 'package', CAST(10 * i AS TEXT) FROM n");
        evolver.expand();
        evolver.backfill(Speed::full);
    }
    void bypass(std::string const& sql) const { world.database.run_past_triggers(sql); }
    /// Stops after the first chunk.
    void stop_early() {
        auto const source = std::make_unique<std::stop_source>();  // in place, g++ 12 warns of it
        chunks.done.clear();
        chunks.then = [&] { source->request_stop(); };
        try {
            (void)evolver.reconcile({.stop = source->get_token()});
            FAIL("it did not stop");
        } catch (ReconcileError const&) {
            FAIL("it found what is not there");
        } catch (Error const& error) {
            CHECK(error.retry_helps());
            CHECK(has(error.what(), "told to stop"));
        }
        chunks.then = {};
        CHECK(chunks.done.size() == 1);
    }
    bool gate_of_contract_is_open() {
        for (auto const& gate : evolver.gates()) {
            if (gate.name == "reconciliation" && gate.migration == "0002-change") return gate.open;
        }
        return false;
    }

    World world{sizes()};
    AfterChunk chunks;
    Asked session{world.database};
    Evolver evolver{session.db, sizes(), {.observer = &chunks}};
};

}  // namespace

TEST_SUITE_BEGIN("both/reconcile");

TEST_CASE("Reconciliation that was told to stop goes on where it stopped, once") {
    Filled release;
    release.stop_early();
    auto const seen = release.chunks.done.back();
    release.chunks.done.clear();
    auto const found = release.evolver.reconcile();
    CHECK(found.pairs.at(0).resumed);
    CHECK(found.rows() == many);
    CHECK(release.chunks.done.front() > seen);
    CHECK(release.evolver.status().migrations[1].stage == Stage::switched);
    CHECK_FALSE(release.evolver.reconcile().pairs.at(0).resumed);
    CHECK(release.world.database.rows("SELECT count(*) FROM evolver_reconcile") == "0");
}

TEST_CASE("Reconciliation compares everything anew where it is told to, and goes on where an observer threw") {
    Filled release;
    release.stop_early();
    CHECK_FALSE(release.evolver.reconcile({.resume = false}).pairs.at(0).resumed);
    release.chunks.then = [] { throw std::runtime_error{"enough"}; };
    CHECK_THROWS_AS((void)release.evolver.reconcile(), std::runtime_error);
    release.chunks.then = {};
    auto const found = release.evolver.reconcile();
    CHECK(found.pairs.at(0).resumed);
    CHECK(found.rows() == many);
}

TEST_CASE("Reconciliation that was cut off after it had found a row finds it again") {
    Filled release;
    release.bypass("UPDATE packages SET size = '999' WHERE id = 500");
    release.chunks.then = [] { throw std::runtime_error{"enough"}; };
    CHECK_THROWS_AS((void)release.evolver.reconcile(), std::runtime_error);
    release.chunks.then = {};
    CHECK(found_by([&] { (void)release.evolver.reconcile(); }).count() == 1);
}

TEST_CASE("Reconciliation whose time is over stops after a chunk, and comes to its end in the next calls") {
    Filled release;
    int calls = 0;
    release.chunks.then = [] {
        for (auto const start = std::chrono::steady_clock::now(); std::chrono::steady_clock::now() - start < 2ms;) {
        }
    };
    for (bool finished = false; !finished; ++calls) {
        try {
            (void)release.evolver.reconcile({.longest = 1ms});
            finished = true;
        } catch (Error const& error) {
            REQUIRE(has(error.what(), "1 ms are over"));
            REQUIRE(error.retry_helps());
        }
        REQUIRE(calls < many);
    }
    CHECK(calls > 1);
    CHECK(release.evolver.status().migrations[1].reconciled);
}

TEST_CASE("What reconciliation says is never newer than its first row") {
    Filled release;
    release.stop_early();
    release.world.old.run("UPDATE packages SET size = '77' WHERE id = 1");
    // Reads have not moved: it goes on, so that they come to.
    CHECK(release.evolver.reconcile().pairs.at(0).resumed);
    CHECK(release.evolver.status().migrations[1].stage == Stage::switched);
    CHECK_FALSE(release.gate_of_contract_is_open());
    (void)release.evolver.reconcile();
    CHECK(release.gate_of_contract_is_open());
    // Reads have moved: all that is left to be opened is contract.
    release.stop_early();
    release.world.old.run("UPDATE packages SET size = '78' WHERE id = 1");
    CHECK_FALSE(release.evolver.reconcile().pairs.at(0).resumed);
    CHECK(release.gate_of_contract_is_open());
}

TEST_CASE("Reconciliation begins anew where the schema, or a trigger of the table, is another since it stopped") {
    Filled release;
    release.stop_early();
    if (Database::engine() == Engine::sqlite) {
        release.world.old.run("CREATE INDEX by_name ON packages (name)");
        CHECK_FALSE(release.evolver.reconcile().pairs.at(0).resumed);
        release.stop_early();
        release.world.old.run("CREATE TRIGGER mine AFTER INSERT ON packages BEGIN SELECT 1; END");
    } else {
        release.world.old.run("ALTER TABLE packages DISABLE TRIGGER \"~evolver_sync\"");
        release.world.old.run("ALTER TABLE packages ENABLE TRIGGER \"~evolver_sync\"");
    }
    CHECK_FALSE(release.evolver.reconcile().pairs.at(0).resumed);
}

TEST_CASE(
    "Reconciliation that has found rows reports them when it is told to stop, begins anew, and the trail says so") {
    Filled release;
    release.stop_early();
    release.bypass("UPDATE packages SET size = '999' WHERE id = 500");
    std::stop_source source;
    release.chunks.then = [&] { source.request_stop(); };
    auto const error =
        found_by([&] { (void)release.evolver.reconcile({.stop = source.get_token(), .resume = false}); });
    release.chunks.then = {};
    CHECK(error.count() == 1);
    CHECK(has(error.what(), "told to stop"));
    CHECK(error.rows().at(0).key == "500");
    int failures = 0;
    release.evolver.audit([&](AuditEntry const& entry) {
        if (entry.event == "reconciliation failed" && entry.detail == "1 rows differ") ++failures;
    });
    CHECK(failures == 1);
    release.bypass("UPDATE packages SET size = '5000' WHERE id = 500");
    CHECK_FALSE(release.evolver.reconcile().pairs.at(0).resumed);
}

TEST_CASE("Rules of number and of percent end a reconciliation as soon as they hold") {
    Filled release;
    release.bypass("UPDATE packages SET size = size || '1' WHERE id % 10 = 0");
    auto const by_number = found_by([&] { (void)release.evolver.reconcile({.most_differences = 5}); });
    CHECK(by_number.count() >= 5);
    CHECK(by_number.found().rows() < many);
    CHECK(has(by_number.what(), "stop at 5"));
    auto const by_percent = found_by([&] { (void)release.evolver.reconcile({.most_percent = 0.5}); });
    CHECK(by_percent.found().rows() < many);
    CHECK(has(by_percent.what(), "0.5 %"));
    auto const all = found_by([&] { (void)release.evolver.reconcile({.most_percent = 10}); });
    CHECK(all.found().rows() == many);
    CHECK(all.count() == many / 10);
    CHECK(all.rows().size() == 10);
    CHECK(found_by([&] { (void)release.evolver.reconcile({.samples = 3}); }).rows().size() == 3);
}

TEST_CASE("Reconciliation says what it has compared, and names as many lossy rows as are wanted") {
    Filled release{20};
    release.world.old.run("UPDATE packages SET size = '012' WHERE id IN (3, 4)");
    auto const found = release.evolver.reconcile({.samples = 1});
    REQUIRE(found.pairs.size() == 1);
    CHECK(found.pairs[0].migration == "0002-change");
    CHECK(found.pairs[0].table == "packages");
    CHECK(found.rows() == 20);
    CHECK(found.different() == 0);
    CHECK(found.lossy() == 2);
    CHECK_FALSE(found.pairs[0].resumed);
    CHECK(found.pairs.at(0).columns == "size → bytes");
    CHECK(found.pairs.at(0).lossy_keys == std::vector<std::string>{"3"});
    CHECK(found.pairs.at(0).chunks == 1);
}

TEST_CASE("Values of rows are shown where that is asked for, and nowhere else") {
    Filled release{20};
    release.bypass("UPDATE packages SET size = '999' WHERE id = 4");
    auto const masked = found_by([&] { (void)release.evolver.reconcile(); });
    CHECK(masked.rows().at(0).old_values.empty());
    CHECK_FALSE(has(masked.what(), "999"));
    auto const shown = found_by([&] { (void)release.evolver.reconcile({.show_values = true}); });
    CHECK(shown.rows().at(0).old_values == "size = '999'");
    CHECK(shown.rows().at(0).new_values == "bytes = 40");
    CHECK(has(shown.what(), "size = '999' · bytes = 40"));
    release.bypass("UPDATE packages SET bytes = NULL WHERE id = 4");
    auto const empty = found_by([&] { (void)release.evolver.reconcile({.show_values = true}); });
    CHECK(empty.rows().at(0).new_values == "bytes = NULL");
}

TEST_CASE("Rolling back forgets how far a reconciliation was") {
    Filled release;
    release.stop_early();
    release.evolver.rollback({.migration = "0002-change"});
    if (Database::engine() == Engine::postgresql)
        CHECK(release.world.database.rows("SELECT count(*) FROM evolver_reconcile") == "0");
    release.evolver.expand();
    release.evolver.backfill(Speed::full);
    CHECK_FALSE(release.evolver.reconcile().pairs.at(0).resumed);
}

TEST_SUITE_END();
