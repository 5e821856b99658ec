// Old and new writers during the whole way, with a model of what each of them has committed, while connections are cut and locks are held.

#include "execute/postgresql/contract.hpp"
#include "execute/postgresql/expand.hpp"
#include "execute/postgresql/filling.hpp"
#include "execute/postgresql/reconcile.hpp"
#include "execute/postgresql/run_control.hpp"

#include "evolver/dialect/engine_error.hpp"
#include "evolver/fleet/gate.hpp"
#include "evolver/ledger/ledger_error.hpp"
#include "ledger/postgresql/audit.hpp"
#include "ledger/postgresql/claims.hpp"
#include "ledger/postgresql/ledger.hpp"
#include "support/postgresql.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <csignal>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;
using postgresql::Connection;
using postgresql::Site;

namespace {

Plan catalogue() {
    return Plan{
        "catalogue",
        {Migration{.id = "0001-packages",
                   .release = "1.0",
                   .operations = {CreateTable{.table = "packages",
                                              .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                          {.name = "name", .type = text(), .nullable = false},
                                                          {.name = "size", .type = text()}}}}},
         Migration{.id = "0002-size-bytes",
                   .release = "2.0",
                   .operations = {ChangeType{.table = "packages",
                                             .from = "size",
                                             .to = "size_bytes",
                                             .type = integer(),
                                             .up = "CAST(size AS BIGINT)",
                                             .down = "CAST(size_bytes AS TEXT)"}}},
         Migration{.id = "0003-title",
                   .release = "2.0",
                   .operations = {RenameColumn{.table = "packages", .from = "name", .to = "title"}}}}};
}

Site operator_of(Connection connection, std::chrono::milliseconds wait = 10s) {
    return Site{std::move(connection), catalogue(), {.release = "2.0", .actor = "alice", .wait = wait}};
}

constexpr int rows = 3000;

void begin(PostgresqlDatabase const& database) {
    auto plan = catalogue();
    Site old{database.connect(), plan.until("1.0"), {.release = "1.0"}};
    (void)postgresql::expand(old);
    database.connect().run("INSERT INTO packages SELECT i, 'name-' || i, '0' FROM generate_series(1, " +
                           std::to_string(rows) + ") AS i");
}

/// Writes one shape to rows that nobody else writes to, and remembers what was committed.
class Writer {
public:
    Writer(PostgresqlDatabase const& database, int number, bool is_new, unsigned seed)
        : thread_{[this, &database, number, is_new, seed] { run(database, number, is_new, seed); }} {}
    ~Writer() { stop(); }
    Writer(Writer const&) = delete;
    Writer& operator=(Writer const&) = delete;
    void stop() {
        stopped_ = true;
        if (thread_.joinable()) thread_.join();
    }
    /// By row: what it has to hold. More than one: the answer to a COMMIT was lost.
    std::map<int, std::vector<long long>> expected;
    std::string failure;
    std::atomic<long> writes{0};

private:
    void run(PostgresqlDatabase const& database, int number, bool is_new, unsigned seed) {
        std::mt19937 draw{seed};
        std::optional<Connection> connection;
        while (!stopped_) {
            int const id = 1 + number + 4 * static_cast<int>(draw() % (rows / 4 - 1));
            long long const value = 1 + static_cast<long long>(draw() % 1'000'000);
            auto const text = std::to_string(value);
            try {
                if (!connection) connection.emplace(database.connect());
                auto const sql = is_new
                                     ? "UPDATE packages SET size_bytes = " + text + " WHERE id = " + std::to_string(id)
                                     : "UPDATE packages SET size = '" + text + "' WHERE id = " + std::to_string(id);
                connection->run(sql);
                expected[id] = {value};
                ++writes;
            } catch (EngineError const& error) {
                if (!error.retry_helps()) {
                    failure = error.what();
                    return;
                }
                auto& possible = expected[id];
                if (possible.empty()) possible.push_back(0);
                if (error.database_changed() == Changed::unknown) possible.push_back(value);
                connection.reset();
            }
        }
    }

    std::atomic<bool> stopped_{false};
    std::thread thread_;
};

int lost_writes(PostgresqlDatabase const& database, Writer const& writer, std::string const& column) {
    auto const connection = database.connect();
    int lost = 0;
    for (auto const& [id, possible] : writer.expected) {
        auto const found =
            connection.integer("SELECT CAST(" + column + " AS bigint) FROM packages WHERE id = " + std::to_string(id));
        if (std::ranges::find(possible, found) == possible.end()) ++lost;
    }
    return lost;
}

void fill(Site& site) {
    postgresql::Filler filler{site};
    while (filler.advance(1ms, Pace::polite)) {
    }
}

/// To the end, as often as somebody cuts the connection for longer than the site is patient.
void contract_at_last(Site& site) {
    for (int tries = 0;; ++tries) {
        try {
            (void)postgresql::reconcile(site);
            (void)postgresql::contract(site, 0s, {.override_gates = {{"soak", "a test"}}});
            return;
        } catch (GateClosed const&) {
            if (tries > 50) throw;  // a legacy write came in between
        }
    }
}

}  // namespace

TEST_SUITE_BEGIN("execute/postgresql/concurrency");

TEST_CASE(
    "concurrency on postgresql: old and new writers lose nothing from before expand to contract, while connections are "
    "cut") {
    unsigned const seed = std::random_device{}();
    CAPTURE(seed);
    PostgresqlDatabase const database;
    begin(database);
    Writer old_1{database, 0, false, seed};
    Writer old_2{database, 1, false, seed + 1};
    auto site = operator_of(database.connect(), 30s);
    std::atomic<bool> done{false};
    std::thread saboteur{[&] {
        for (int i = 0; i < 12 && !done; ++i) {
            std::this_thread::sleep_for(40ms);
            database.cut_connections();
        }
    }};
    (void)postgresql::expand(site);
    {
        Writer new_1{database, 2, true, seed + 2};
        Writer new_2{database, 3, true, seed + 3};
        fill(site);
        saboteur.join();
        (void)postgresql::reconcile(site);
        old_1.stop();
        old_2.stop();
        new_1.stop();
        new_2.stop();
        for (auto* writer : {&old_1, &old_2, &new_1, &new_2}) {
            CHECK(writer->failure == "");
            CHECK(writer->writes > 0);
            CHECK(lost_writes(database, *writer, "size") == 0);
            CHECK(lost_writes(database, *writer, "size_bytes") == 0);
        }
        contract_at_last(site);
        for (auto* writer : {&old_1, &old_2, &new_1, &new_2}) CHECK(lost_writes(database, *writer, "size_bytes") == 0);
    }
    done = true;
    auto const connection = database.connect();
    CHECK_FALSE(ledger::verify_audit(connection));
    CHECK(connection.integer("SELECT count(*) FROM packages WHERE title IS NULL OR size_bytes IS NULL") == 0);
}

TEST_CASE("concurrency on postgresql: an operator who is killed at any moment leaves what the next one goes on from") {
    unsigned const seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 draw{seed};
    PostgresqlDatabase const database;
    begin(database);
    Writer old{database, 0, false, seed};
    int killed = 0;
    for (int round = 0; round < 12; ++round) {
        auto const child = fork();
        if (child == 0) {
            try {
                auto site = operator_of(database.connect());
                (void)postgresql::expand(site);
                fill(site);
                _exit(0);
            } catch (...) {
                _exit(1);
            }
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{draw() % 120});
        kill(child, SIGKILL);
        int status = 0;
        waitpid(child, &status, 0);
        killed += WIFSIGNALED(status) ? 1 : 0;
    }
    CHECK(killed > 0);
    old.stop();
    CHECK(old.failure == "");
    auto site = operator_of(database.connect());
    (void)postgresql::expand(site);
    fill(site);
    CHECK(postgresql::reconcile(site).different() == 0);
    CHECK(lost_writes(database, old, "size_bytes") == 0);
    // Those who were killed hold their leases: by the server's clock they are over one day.
    database.connect().run(
        "UPDATE evolver_instance SET expires_at = clock_timestamp() - interval '1 second' WHERE process "
        "<> " +
        std::to_string(getpid()));
    contract_at_last(site);
    CHECK(lost_writes(database, old, "size_bytes") == 0);
    CHECK_FALSE(ledger::verify_audit(database.connect()));
}

TEST_CASE(
    "concurrency on postgresql: an operator who is killed in the middle of contract leaves all of it or nothing") {
    unsigned const seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 draw{seed};
    PostgresqlDatabase const database;
    begin(database);
    auto const connection = database.connect();
    connection.run("ALTER TABLE packages ALTER COLUMN size SET NOT NULL");
    {
        auto site = operator_of(database.connect());
        (void)postgresql::expand(site);
        fill(site);
        (void)postgresql::reconcile(site);
    }
    auto const before =
        connection.text("SELECT md5(string_agg(id || title || size_bytes, ',' ORDER BY id)) FROM packages");
    auto const expire = [&] {
        connection.run("UPDATE evolver_instance SET expires_at = clock_timestamp() - interval '1 second'");
    };
    for (int round = 0; round < 15; ++round) {
        expire();
        auto const child = fork();
        if (child == 0) {
            try {
                auto site = operator_of(database.connect());
                (void)postgresql::contract(site, 0s);
                _exit(0);
            } catch (...) {
                _exit(1);
            }
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{draw() % 150});
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        // Whichever of the two shapes there is, it is whole, and the ledger says so.
        auto const old_is_there = connection.text(
            "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'packages'::regclass AND attname = 'size')");
        auto const phase = connection.text("SELECT phase FROM evolver_migration WHERE position = 1");
        CHECK((old_is_there == "t") == (phase == "expanded"));
    }
    expire();
    auto site = operator_of(database.connect());
    (void)postgresql::contract(site, 0s);
    CHECK(connection.text("SELECT md5(string_agg(id || title || size_bytes, ',' ORDER BY id)) FROM packages") ==
          before);
    CHECK(connection.integer("SELECT count(*) FROM pg_constraint WHERE conname LIKE 'evolver_not_null%'") == 0);
    CHECK(connection.integer("SELECT count(*) FROM evolver_audit WHERE event = 'contract'") == 3);
    CHECK(connection.text("SELECT attnotnull FROM pg_attribute WHERE attrelid = 'packages'::regclass AND attname = "
                          "'size_bytes'") == "t");
    CHECK_FALSE(ledger::verify_audit(connection));
}

TEST_CASE(
    "concurrency on postgresql, rule 26: an old instance that comes in while contract runs is refused or keeps it "
    "closed") {
    unsigned const seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 draw{seed};
    int contracted = 0;
    int came_in = 0;
    for (int round = 0; round < 6; ++round) {
        PostgresqlDatabase const database;
        begin(database);
        auto site = operator_of(database.connect());
        (void)postgresql::expand(site);
        fill(site);
        (void)postgresql::reconcile(site);
        auto const pause = std::chrono::milliseconds{draw() % 80};
        std::atomic<bool> done{false};
        bool is_in = false;
        std::thread old{[&] {
            auto const plan = catalogue();
            try {
                Site instance{database.connect(), plan.until("1.0"), {.release = "1.0"}};
                std::this_thread::sleep_for(pause);
                (void)instance.lease();
                is_in = true;
                // As long as it lives, the shape that it needs does.
                auto const connection = database.connect();
                while (!done) connection.run("UPDATE packages SET size = '5' WHERE id = 1");
            } catch (SchemaTooNew const&) {
                is_in = false;
            }
        }};
        bool closed = false;
        try {
            (void)postgresql::contract(site, 0s);
        } catch (GateClosed const&) {
            closed = true;
        }
        done = true;
        old.join();
        CHECK(closed == is_in);
        contracted += closed ? 0 : 1;
        came_in += is_in ? 1 : 0;
    }
    CHECK(contracted + came_in == 6);
}

TEST_CASE("concurrency on postgresql: any number of operators at once do each thing once") {
    PostgresqlDatabase const database;
    begin(database);
    std::vector<std::thread> all;
    std::atomic<int> failed{0};
    for (int i = 0; i < 4; ++i) {
        all.emplace_back([&] {
            try {
                auto site = operator_of(database.connect(), 60s);
                (void)postgresql::expand(site);
                fill(site);
            } catch (Error const& error) {
                ++failed;
                MESSAGE(std::string{error.what()});
            }
        });
    }
    for (auto& one : all) one.join();
    CHECK(failed == 0);
    auto const connection = database.connect();
    CHECK(connection.integer("SELECT count(*) FROM evolver_audit WHERE event = 'expand'") == 3);
    CHECK(connection.integer("SELECT count(*) FROM evolver_audit WHERE event = 'backfill finished'") == 2);
    CHECK(connection.integer("SELECT count(*) FROM packages WHERE size_bytes IS NULL OR title IS NULL") == 0);
    CHECK(connection.integer("SELECT sum(rows) FROM evolver_backfill") == 2 * rows);
}

TEST_CASE(
    "concurrency on postgresql: a worker fills what others have not claimed, and takes over from one that was killed") {
    PostgresqlDatabase const database;
    begin(database);
    auto site = operator_of(database.connect());
    (void)postgresql::expand(site);
    auto const connection = database.connect();
    auto const unfilled = [&] { return connection.integer("SELECT count(*) FROM packages WHERE size_bytes IS NULL"); };
    postgresql::Filler killed{site};
    CHECK(killed.advance(0ms, Pace::polite));
    auto const begun = unfilled();
    CHECK(begun > 0);
    CHECK(begun < rows);
    auto const claimed = connection.integer(
        "SELECT count(*) FROM packages, evolver_claim AS c WHERE id > c.done::bigint AND id <= c.until::bigint");
    CHECK(claimed > 0);
    auto other_site = operator_of(database.connect());
    postgresql::Filler other{other_site};
    {
        // As long as a batch of the first one is under way, which is all that there is of it.
        auto const worker = database.connect();
        postgresql::Transaction const batch{worker, 1s};
        REQUIRE(ledger::take_claim(worker, {"catalogue", 1, "packages"}));
        for (int round = 0; round < 20 || unfilled() > claimed; ++round) {
            REQUIRE(round < 1000);
            REQUIRE(other.advance(0ms, Pace::full_speed));
        }
        CHECK(unfilled() == claimed);
        CHECK(connection.text("SELECT filled FROM evolver_migration WHERE position = 1") == "f");
        CHECK(connection.text("SELECT complete FROM evolver_backfill WHERE position = 1") == "f");
    }
    fill(other_site);
    CHECK(unfilled() == 0);
    CHECK(connection.text("SELECT bool_and(filled) FROM evolver_migration") == "t");
    CHECK(connection.integer("SELECT sum(rows) FROM evolver_backfill") == 2 * rows);
    CHECK(connection.integer("SELECT count(*) FROM evolver_claim") == 0);
}

TEST_CASE(
    "concurrency on postgresql: what an operator says holds for all workers, though one of them is always at work") {
    PostgresqlDatabase const database;
    begin(database);
    auto const connection = database.connect();
    connection.run("INSERT INTO packages SELECT i, 'name', '0' FROM generate_series(10001, 210000) AS i");
    auto site = operator_of(database.connect());
    (void)postgresql::expand(site);
    std::atomic<bool> paused{false};
    std::atomic<int> failed{0};
    std::vector<std::thread> workers;
    for (int i = 0; i < 2; ++i) {
        workers.emplace_back([&] {
            try {
                auto own = operator_of(database.connect(), 60s);
                postgresql::Filler filler{own};
                while (!paused) (void)filler.advance(1ms, Pace::full_speed);
            } catch (Error const& error) {
                ++failed;
                MESSAGE(std::string{error.what()});
            }
        });
    }
    while (connection.integer("SELECT coalesce(sum(batches), 0) FROM evolver_backfill") < 5) {
    }
    postgresql::pause_backfill(site, {.reason = "black friday"});
    auto const batches = connection.integer("SELECT sum(batches) FROM evolver_backfill");
    for (int look = 0; look < 100; ++look)
        CHECK(connection.integer("SELECT sum(batches) FROM evolver_backfill") == batches);
    paused = true;
    for (auto& worker : workers) worker.join();
    CHECK(failed == 0);
    CHECK(connection.integer("SELECT sum(batches) FROM evolver_backfill") == batches);
    CHECK(connection.integer("SELECT sum(rows) FROM evolver_backfill") ==
          connection.integer("SELECT count(size_bytes) + count(title) FROM packages"));
}

TEST_CASE("concurrency on postgresql: who holds the table keeps expand waiting, and nobody behind it waits for long") {
    PostgresqlDatabase const database;
    begin(database);
    auto const holder = database.connect();
    holder.run("BEGIN; UPDATE packages SET size = '1' WHERE id = 1");
    auto impatient = operator_of(database.connect(), 300ms);
    try {
        (void)postgresql::expand(impatient);
        FAIL("the table is held");
    } catch (EngineError const& error) {
        CHECK(error.retry_helps());
        CHECK(error.database_changed() == Changed::no);
    }
    auto patient = operator_of(database.connect(), 60s);
    std::thread expanding{[&] { (void)postgresql::expand(patient); }};
    auto const client = database.connect();
    client.run("SET statement_timeout = '5s'");
    for (int i = 0; i < 50; ++i) client.run("UPDATE packages SET size = '2' WHERE id = 2");
    holder.run("COMMIT");
    expanding.join();
    CHECK(database.connect().text("SELECT size_bytes IS NULL FROM packages WHERE id = 1") == "t");
    client.run("UPDATE packages SET size = '3' WHERE id = 2");
    CHECK(client.integer("SELECT size_bytes FROM packages WHERE id = 2") == 3);
}

TEST_SUITE_END();
