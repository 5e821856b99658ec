// LiveTable on a real server: written once, correct at every moment.

#include "evolver/access/live_statement.hpp"
#include "evolver/evolver.hpp"
#include "evolver/fleet/gate.hpp"
#include "evolver/ledger/ledger_error.hpp"
#include "support/postgresql.hpp"
#include "support/postgresql_catalogue.hpp"

#include <doctest/doctest.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

/// Two columns change in one migration.
Plan catalogue() {
    auto changed = size_bytes();
    changed.operations.emplace_back(RenameColumn{.table = "packages", .from = "name", .to = "title"});
    return {"catalogue", {packages(), changed}};
}

/// A database of release 1.0 with two rows, and sessions of both releases.
struct World {
    World() {
        Evolver old{first, catalogue().until("1.0"), {.release = "1.0"}};
        old.expand();
        first << "INSERT INTO packages (id, name, size) VALUES (1, 'zlib', '10'), (2, 'perl', '20')";
    }
    [[nodiscard]] std::string one(std::string const& sql) {
        std::string text;
        soci::indicator given{};
        first << sql, soci::into(text, given);
        return given == soci::i_ok ? text : "";
    }

    PostgresqlDatabase database;
    soci::session first{soci::postgresql, database.parameters()};
    soci::session second{soci::postgresql, database.parameters()};
};

/// What a program of release 2.0 does, whatever the database's shape is; `id` is a row of its own.
void use_as_second_release(Evolver& evolver, soci::session& session, long long id) {
    auto const packages = evolver.table("packages");
    long long bytes = 1000 * id;
    std::string title = "package-" + std::to_string(id);
    session << packages.insert({"id", "title", "size_bytes"}), soci::use(id, "id"), soci::use(title, "title"),
        soci::use(bytes, "size_bytes");
    long long const delta = 1;
    session << packages.update({{"size_bytes", "size_bytes + :delta"}}) + " WHERE " + packages.column("size_bytes") +
                   " = :size_bytes",
        soci::use(delta, "delta"), soci::use(bytes, "size_bytes");
    long long found = 0;
    std::string called;
    session << packages.select({"size_bytes", "title"}) + " WHERE title = :title", soci::use(title, "title"),
        soci::into(found), soci::into(called);
    CHECK(found == bytes + 1);
    CHECK(called == title);
}

}  // namespace

TEST_SUITE_BEGIN("face/postgresql/live_table");

TEST_CASE("live table on postgresql: one text serves from before expand to after contract, and old programs see it") {
    World world;
    Evolver evolver{world.second, catalogue(), {.release = "2.0", .soak = 0s}};
    evolver.attach();
    use_as_second_release(evolver, world.second, 11);
    CHECK(world.one("SELECT name || ' ' || size FROM packages WHERE id = 11") == "package-11 11001");

    evolver.expand();
    use_as_second_release(evolver, world.second, 12);
    CHECK(world.one("SELECT name || ' ' || size FROM packages WHERE id = 12") == "package-12 12001");
    long long bytes = 0;
    auto const packages = evolver.table("packages");
    world.second << packages.select({"size_bytes"}) + " WHERE id = 1", soci::into(bytes);
    CHECK(bytes == 10);  // not filled yet
    world.second << packages.update({{"size_bytes", "size_bytes * 2"}}) + " WHERE id = 2";
    CHECK(world.one("SELECT size FROM packages WHERE id = 2") == "40");

    while (evolver.advance(5ms)) {
    }
    evolver.reconcile();
    CHECK(packages.column("size_bytes").text() == R"("size_bytes")");
    CHECK(evolver.flag("0002-size-bytes").on());
    use_as_second_release(evolver, world.second, 13);
    CHECK(world.one("SELECT name || ' ' || size FROM packages WHERE id = 13") == "package-13 13001");

    evolver.contract();
    use_as_second_release(evolver, world.second, 14);
    CHECK(world.one("SELECT string_agg(size_bytes::text, ' ' ORDER BY id) FROM packages") ==
          "10 40 11001 12001 13001 14001");
}

TEST_CASE("live table on postgresql: before expand, what the old column cannot hold is refused in words") {
    World world;
    Plan const plan{"catalogue",
                    {packages(),
                     {.id = "0002-whole",
                      .release = "2.0",
                      .operations = {ChangeType{.table = "packages",
                                                .from = "size",
                                                .to = "kilobytes",
                                                .type = integer(),
                                                .up = "CAST(size AS BIGINT) / 1000",
                                                .down = "CAST(kilobytes AS TEXT)"}}}}};
    Evolver evolver{world.second, plan, {.release = "2.0"}};
    evolver.attach();
    auto const packages = evolver.table("packages");
    long long kilobytes = 0;
    world.second << packages.update({"kilobytes"}) + " WHERE id = 1", soci::use(kilobytes, "kilobytes");
    CHECK(world.one("SELECT size FROM packages WHERE id = 1") == "0");
    kilobytes = 7;  // '7' would be read as 0
    CHECK_THROWS_WITH_AS(
        (world.second << packages.update({"kilobytes"}) + " WHERE id = 1", soci::use(kilobytes, "kilobytes")),
        doctest::Contains("packages.size cannot hold this value, and the new column is not there before expand()"),
        soci::soci_error);
    CHECK(world.one("SELECT size FROM packages WHERE id = 1") == "0");
}

TEST_CASE("live table on postgresql: a prepared statement is prepared anew when the shape has moved") {
    World world;
    Evolver evolver{world.second, catalogue(), {.release = "2.0", .soak = 0s}};
    evolver.expand();
    auto const packages = evolver.table("packages");
    long long id = 0;
    std::string title;
    long long bytes = 0;
    LiveStatement insert{world.second, packages.insert({"id", "title", "size_bytes"})};
    insert.use(id, "id").use(title, "title").use(bytes, "size_bytes");
    LiveStatement select{world.second, packages.select({"size_bytes"}) + " WHERE id = :id"};
    long long found = 0;
    select.use(id, "id").into(found);
    auto const once = [&](long long number) {
        id = number;
        title = "t" + std::to_string(number);
        bytes = number * 10;
        insert.execute();
        CHECK(insert.affected_rows() == 1);
        CHECK(select.execute());
        CHECK(found == number * 10);
    };
    once(21);
    while (evolver.advance(5ms)) {
    }
    evolver.reconcile();
    once(22);
    evolver.contract();
    once(23);
    int rows = 0;
    LiveStatement all{world.second, packages.select({"size_bytes"}) + " ORDER BY id"};
    all.into(found);
    all.each([&] { ++rows; });
    CHECK(rows == 5);
}

TEST_CASE(
    "live table on postgresql: an instance of the old release that is idle is refused once contract has passed it") {
    World world;
    soci::session third{soci::postgresql, world.database.parameters()};
    Evolver old{third, catalogue().until("1.0"), {.release = "1.0"}};
    old.attach();
    auto const packages = old.table("packages");
    std::string size;
    third << packages.select({"size"}) + " WHERE id = 1", soci::into(size);
    CHECK(size == "10");
    {
        Evolver evolver{world.second, catalogue(), {.release = "2.0", .soak = 0s}};
        evolver.expand();
        evolver.backfill();
        evolver.reconcile();
        // It has its lease, and may be in the middle of anything.
        CHECK_THROWS_WITH_AS(evolver.contract(), doctest::Contains("1.0"), GateClosed);
    }
    third << packages.select({"size"}) + " WHERE id = 2", soci::into(size);
    CHECK(size == "20");
}

TEST_CASE("live table on postgresql: programs of the new release go on while their migration is rolled back") {
    World world;
    Evolver evolver{world.second, catalogue(), {.release = "2.0"}};
    evolver.expand();
    evolver.backfill();
    std::atomic<bool> back{false};
    std::string failure;
    std::atomic<long long> last{100};
    std::jthread program{[&] {
        try {
            soci::session own{soci::postgresql, world.database.parameters()};
            Evolver instance{own, catalogue(), {.release = "2.0"}};
            auto const packages = instance.table("packages");
            for (int after = 0; after < 200; after += back ? 1 : 0) {
                long long const id = ++last;
                std::string const title = "package";
                own << packages.insert({"id", "title", "size_bytes"}), soci::use(id, "id"), soci::use(title, "title"),
                    soci::use(id, "size_bytes");
                long long found = 0;
                own << packages.select({"size_bytes"}) + " WHERE id = :id", soci::use(id, "id"), soci::into(found);
                if (found != id) throw std::runtime_error{"it reads something else than it wrote"};
                // In a program a Heartbeat does so, or the next statement after a third of the lease: until then it knows of nothing.
                if (id % 100 == 0) instance.heartbeat();
            }
        } catch (std::exception const& error) {
            failure = error.what();
        }
    }};
    while (last < 110) std::this_thread::sleep_for(1ms);
    evolver.rollback({.migration = "0002-size-bytes"});
    back = true;
    program.join();
    CHECK(failure == "");
    CHECK(world.one("SELECT count(*)::text FROM packages WHERE id > 100 AND size = id::text AND name = 'package'") ==
          std::to_string(last - 100));
    CHECK(evolver.status().migrations.at(1).phase == Phase::planned);
}

TEST_CASE(
    "live table on postgresql: a program that may only what it was granted after expand goes on when an operator says "
    "something") {
    World world;
    Evolver evolver{world.second, catalogue(), {.release = "2.0"}};
    evolver.expand();
    auto const role = "program_of_" + world.one("SELECT current_database()::text");
    world.first << "CREATE ROLE " + role + " LOGIN";
    world.first << "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO " + role;
    {
        auto parameters = world.database.parameters();
        auto const user = std::string{"user=evolver"};
        parameters.replace(parameters.find(user), user.size(), "user=" + role);
        soci::session own{soci::postgresql, parameters};
        Evolver program{own, catalogue(), {.release = "2.0"}};
        use_as_second_release(program, own, 7);
        evolver.pause_backfill({.reason = "the shop is busy"});
        evolver.hold_stage({.reason = "the report of March"});
        evolver.set_canary({.share = 1, .reason = "all of them"});
        program.heartbeat();
        use_as_second_release(program, own, 8);
        CHECK(program.flag("0002-size-bytes").on());
        CHECK_FALSE(program.advance(1ms));
    }
    world.first << "DROP OWNED BY " + role;
    world.first << "DROP ROLE " + role;
}

TEST_CASE("live table on postgresql: a rollback that has begun can be gone on with, or given up") {
    World world;
    Evolver evolver{world.second, catalogue(), {.release = "2.0", .soak = 0s}};
    evolver.expand();
    evolver.backfill();
    // As an operator leaves it who is killed between the two moves.
    world.first << "UPDATE evolver_migration SET stage = 'off' WHERE position = 1";
    evolver.heartbeat();
    use_as_second_release(evolver, world.second, 7);
    CHECK(world.one("SELECT size || name FROM packages WHERE id = 7") == "7001package-7");
    evolver.reconcile();
    CHECK_THROWS_WITH_AS(evolver.contract(), doctest::Contains("has begun, and has not ended"), HistoryError);
    CHECK_THROWS_WITH_AS(evolver.step_back({.reason = "x"}), doctest::Contains("has begun, and has not ended"),
                         HistoryError);
    CHECK(evolver.advance_stage() == Stage::dual);
    use_as_second_release(evolver, world.second, 8);
    world.first << "UPDATE evolver_migration SET stage = 'off' WHERE position = 1";
    evolver.rollback({.migration = "0002-size-bytes"});
    use_as_second_release(evolver, world.second, 9);
    CHECK(world.one("SELECT string_agg(name, ',' ORDER BY id) FROM packages WHERE id > 2") ==
          "package-7,package-8,package-9");
}

TEST_SUITE_END();
