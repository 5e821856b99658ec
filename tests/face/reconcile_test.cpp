// Reconciliation: what it compares, what stops it, where it goes on, and that it finds what is planted.

#include "support/application.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <stop_token>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

constexpr int many = 5000;

/// Calls back after each chunk.
struct AfterChunk : Observer {
    void on(Event const& event) override {
        if (event.kind != EventKind::scanned) return;
        done.push_back(event.done);
        if (then) then();
    }
    std::vector<std::int64_t> done;
    std::function<void()> then;
};

/// Release 2.0 over a catalogue of `rows` rows, filled.
struct Filled {
    explicit Filled(int rows = many) {
        make_catalogue(folder.database(), rows);
        application.emplace(folder.database(), catalogue(), Options{.observer = &chunks});
        evolver().expand();
        evolver().backfill(Speed::full);
    }
    Evolver& evolver() { return application->evolver; }
    [[nodiscard]] RawSqlite raw() const { return RawSqlite{folder.database()}; }
    /// A program that writes past the triggers.
    void bypass(std::string const& sql) const {
        RawSqlite const careless{folder.database()};
        careless.connection().enable_triggers(false);
        careless.run(sql);
    }
    /// Stops after the first chunk.
    void stop_early() {
        std::stop_source source;
        chunks.done.clear();
        chunks.then = [&] { source.request_stop(); };
        try {
            (void)evolver().reconcile({.stop = source.get_token()});
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
        for (auto const& gate : evolver().gates(now())) {
            if (gate.name == "reconciliation" && gate.migration == "0002-size-bytes") return gate.open;
        }
        return false;
    }

    Folder folder;
    AfterChunk chunks;
    std::optional<Application> application;
};

template <class Call>
ReconcileError found_by(Call const& call) {
    try {
        call();
    } catch (ReconcileError const& error) {
        return error;
    }
    FAIL("nothing was found");
    return ReconcileError{{}, {}};
}

}  // namespace

TEST_SUITE_BEGIN("face/reconcile");

TEST_CASE("reconcile says what it has compared, and names the first lossy rows") {
    Filled release{20};
    release.raw().run("UPDATE packages SET size = '12 kB' WHERE id IN (3, 4)");
    auto const found = release.evolver().reconcile({.samples = 1});
    REQUIRE(found.pairs.size() == 1);
    CHECK(found.pairs[0].migration == "0002-size-bytes");
    CHECK(found.pairs[0].table == "packages");
    CHECK(found.pairs[0].columns == "size → size_bytes");
    CHECK(found.rows() == 20);
    CHECK(found.different() == 0);
    CHECK(found.lossy() == 2);
    CHECK(found.pairs[0].lossy_keys == std::vector<std::string>{"3"});
    CHECK(found.pairs[0].chunks == 1);
    CHECK_FALSE(found.pairs[0].resumed);
}

TEST_CASE("reconcile that was told to stop goes on where it stopped, once") {
    Filled release;
    release.stop_early();
    auto const seen = release.chunks.done.back();
    release.chunks.done.clear();
    auto const found = release.evolver().reconcile();
    CHECK(found.pairs[0].resumed);
    CHECK(found.rows() == many);
    CHECK(release.chunks.done.front() > seen);
    CHECK(release.evolver().status().migrations[1].stage == Stage::switched);
    CHECK_FALSE(release.evolver().reconcile().pairs[0].resumed);
    CHECK(release.raw().integer("SELECT count(*) FROM evolver_reconcile") == 0);
}

TEST_CASE("reconcile compares everything anew where it is told to") {
    Filled release;
    release.stop_early();
    CHECK_FALSE(release.evolver().reconcile({.resume = false}).pairs[0].resumed);
}

TEST_CASE("reconcile goes on where an observer threw") {
    Filled release;
    release.chunks.then = [] { throw std::runtime_error{"enough"}; };
    CHECK_THROWS_AS((void)release.evolver().reconcile(), std::runtime_error);
    release.chunks.then = {};
    auto const found = release.evolver().reconcile();
    CHECK(found.pairs[0].resumed);
    CHECK(found.rows() == many);
}

TEST_CASE("reconcile that was cut off after it had found a row finds it again") {
    Filled release;
    release.bypass("UPDATE packages SET size = '999' WHERE id = 500");
    release.chunks.then = [] { throw std::runtime_error{"enough"}; };
    CHECK_THROWS_AS((void)release.evolver().reconcile(), std::runtime_error);
    release.chunks.then = {};
    CHECK(found_by([&] { (void)release.evolver().reconcile(); }).count() == 1);
}

TEST_CASE("reconcile whose time is over stops after a chunk, and comes to its end in the next calls") {
    Filled release;
    int calls = 0;
    for (bool finished = false; !finished; ++calls) {
        try {
            (void)release.evolver().reconcile({.longest = 1ms});
            finished = true;
        } catch (Error const& error) {
            REQUIRE(has(error.what(), "1 ms are over"));
            REQUIRE(error.retry_helps());
        }
        REQUIRE(calls < many);
    }
    CHECK(release.evolver().status().migrations[1].reconciled);
}

TEST_CASE("a comparison is never recorded as newer than its first row") {
    Filled release;
    release.stop_early();
    release.raw().run("UPDATE packages SET size = '77' WHERE id = 1");
    // Reads have not moved: it goes on, so that they come to.
    CHECK(release.evolver().reconcile().pairs[0].resumed);
    CHECK(release.evolver().status().migrations[1].stage == Stage::switched);
    CHECK_FALSE(release.gate_of_contract_is_open());
    (void)release.evolver().reconcile();
    CHECK(release.gate_of_contract_is_open());
    // Reads have moved: all that is left to be opened is contract.
    release.stop_early();
    release.raw().run("UPDATE packages SET size = '78' WHERE id = 1");
    CHECK_FALSE(release.evolver().reconcile().pairs[0].resumed);
    CHECK(release.gate_of_contract_is_open());
}

TEST_CASE("reconcile begins anew where the schema has changed since it stopped") {
    Filled release;
    release.stop_early();
    release.raw().run("CREATE INDEX by_name ON packages (name)");
    CHECK_FALSE(release.evolver().reconcile().pairs[0].resumed);
}

TEST_CASE("reconcile that has found rows reports them when it is told to stop, and begins anew") {
    Filled release;
    release.stop_early();
    release.bypass("UPDATE packages SET size = '999' WHERE id = 500");
    std::stop_source source;
    release.chunks.then = [&] { source.request_stop(); };
    auto const error =
        found_by([&] { (void)release.evolver().reconcile({.stop = source.get_token(), .resume = false}); });
    release.chunks.then = {};
    CHECK(error.count() == 1);
    CHECK(has(error.what(), "told to stop"));
    CHECK(error.rows()[0].key == "500");
    release.bypass("UPDATE packages SET size = '5000' WHERE id = 500");
    CHECK_FALSE(release.evolver().reconcile().pairs[0].resumed);
}

TEST_CASE("rules of number and of percent end a reconciliation as soon as they hold") {
    Filled release;
    release.bypass("UPDATE packages SET size = size || '1' WHERE id % 10 = 0");
    auto const by_number = found_by([&] { (void)release.evolver().reconcile({.most_differences = 5}); });
    CHECK(by_number.count() >= 5);
    CHECK(by_number.found().rows() < many);
    CHECK(has(by_number.what(), "stop at 5"));
    auto const by_percent = found_by([&] { (void)release.evolver().reconcile({.most_percent = 0.5}); });
    CHECK(by_percent.found().rows() < many);
    CHECK(has(by_percent.what(), "0.5 %"));
    auto const all = found_by([&] { (void)release.evolver().reconcile({.most_percent = 10}); });
    CHECK(all.found().rows() == many);
    CHECK(all.count() == many / 10);
    CHECK(all.rows().size() == 10);
}

TEST_CASE("values of rows are shown where that is asked for, and nowhere else") {
    Filled release{20};
    release.bypass("UPDATE packages SET size = '999' WHERE id = 4");
    auto const masked = found_by([&] { (void)release.evolver().reconcile(); });
    CHECK(masked.rows()[0].old_values.empty());
    CHECK_FALSE(has(masked.what(), "999"));
    auto const shown = found_by([&] { (void)release.evolver().reconcile({.show_values = true}); });
    CHECK(shown.rows()[0].old_values == "size = '999'");
    CHECK(shown.rows()[0].new_values == "size_bytes = 40");
    CHECK(has(shown.what(), "size = '999' · size_bytes = 40"));
}

namespace {

Plan sizes() {
    return Plan{"p",
                {Migration{.id = "1",
                           .release = "1.0",
                           .operations = {ChangeType{.table = "t",
                                                     .from = "size",
                                                     .to = "size_bytes",
                                                     .type = integer(),
                                                     .up = "CAST(size AS INTEGER)",
                                                     .down = "CAST(size_bytes AS TEXT)"}}}}};
}

}  // namespace

TEST_CASE("every kind of key can be gone on with, whatever its type") {
    struct Shape {
        char const* create;
        char const* key;  // of row i
    };
    for (auto const& shape :
         {Shape{"CREATE TABLE t (id INTEGER PRIMARY KEY, size TEXT)", "(i - 1000) * 1000003"},
          Shape{"CREATE TABLE t (id TEXT, size TEXT)", "'k' || i"},
          Shape{"CREATE TABLE t (id TEXT PRIMARY KEY, size TEXT) WITHOUT ROWID", "i"},
          Shape{"CREATE TABLE t (id PRIMARY KEY, size TEXT) WITHOUT ROWID", "iif(i % 2, i, 'k' || i)"},
          Shape{
              "CREATE TABLE t (id BLOB COLLATE NOCASE, size TEXT, part AS (1) STORED, PRIMARY KEY (id)) WITHOUT ROWID",
              "CAST(i AS BLOB)"},
          Shape{"CREATE TABLE t (id, more, size TEXT, PRIMARY KEY (more, id)) WITHOUT ROWID", "i % 3, i"}}) {
        CAPTURE(std::string{shape.create});
        Folder const folder;
        RawSqlite const raw{folder.database()};
        raw.connection().run(shape.create);
        std::string const columns = has(shape.create, "more") ? "more, id" : "id";
        raw.connection().run(
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT "
            "INTO t (" +
            columns + ", size) SELECT " + shape.key + ", i FROM n");
        AfterChunk chunks;
        Application application{folder.database(), sizes(), {.observer = &chunks}};
        application.evolver.expand();
        application.evolver.backfill();
        std::stop_source source;
        chunks.then = [&] { source.request_stop(); };
        CHECK_THROWS_AS((void)application.evolver.reconcile({.stop = source.get_token()}), Error);
        chunks.then = {};
        auto const found = application.evolver.reconcile();
        CHECK(found.pairs[0].resumed);
        CHECK(found.rows() == 3000);
    }
}

namespace {

/// Tables that others made, with what equality does not tell apart.
Plan copies() {
    std::vector<Operation> operations;
    for (auto const& [name, type] :
         std::vector<std::pair<std::string, Type>>{{"a", declared("")}, {"r", real()}, {"c", text()}, {"s", text()}}) {
        operations.push_back(ChangeType{.table = "t",
                                        .from = Name{name},
                                        .to = Name{name + "2"},
                                        .type = type,
                                        .up = Expression{name},
                                        .down = Expression{name + "2"}});
    }
    return Plan{"p", {Migration{.id = "1", .release = "1.0", .operations = operations}}};
}

}  // namespace

TEST_CASE("planted corruption of a pair is found every time, and named by key") {
    struct Planted {
        char const* what;
        char const* sql;
        std::string keys;
    };
    for (auto const& planted : std::vector<Planted>{
             {"one flipped value", "UPDATE t SET s = 'x' WHERE id = 7", "7 "},
             {"the same in the new shape", "UPDATE t SET s2 = 'x' WHERE id = 7", "7 "},
             {"swapped rows", "UPDATE t SET s = CASE id WHEN 8 THEN 'text 9' ELSE 'text 8' END WHERE id IN (8, 9)",
              "8 9 "},
             {"NULL for empty", "UPDATE t SET s2 = NULL WHERE id = 20", "20 "},
             {"empty for NULL", "UPDATE t SET s2 = '' WHERE id = 10", "10 "},
             {"1 for '1'", "UPDATE t SET a2 = 1 WHERE id = 1", "1 "},
             {"1.0 for 1", "UPDATE t SET a2 = 2.0 WHERE id = 2", "2 "},
             {"bytes for text", "UPDATE t SET a2 = x'31' WHERE id = 1", "1 "},
             {"the last bit of a float", "UPDATE t SET r2 = 0.30000000000000004 WHERE id = 3", "3 "},
             {"a case under NOCASE", "UPDATE t SET c2 = 'ABC' WHERE id = 4", "4 "}}) {
        CAPTURE(std::string{planted.what});
        Folder const folder;
        RawSqlite const raw{folder.database()};
        raw.connection().run(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a, r REAL, c TEXT COLLATE NOCASE, s TEXT);"
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 30) INSERT INTO t SELECT i, "
            "iif(i "
            "= 1, '1', i), iif(i = 3, 0.3, i), 'abc', CASE i WHEN 10 THEN NULL WHEN 20 THEN '' ELSE 'text ' || i END "
            "FROM "
            "n");
        Application application{folder.database(), copies()};
        application.evolver.expand();
        application.evolver.backfill();
        CHECK(application.evolver.reconcile().rows() == 4 * 30);
        {
            RawSqlite const careless{folder.database()};
            careless.connection().enable_triggers(false);
            careless.run(planted.sql);
        }
        auto const error = found_by([&] { (void)application.evolver.reconcile(); });
        std::string keys;
        for (auto const& row : error.rows()) keys += row.key + " ";
        CHECK(keys == planted.keys);
    }
}

TEST_CASE("a moved value that the new table lost is lossy, one that it has otherwise differs, and both are named") {
    Folder const folder;
    RawSqlite const raw{folder.database()};
    raw.connection().run(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, address TEXT);"
        "CREATE TABLE profiles (id INTEGER PRIMARY KEY, user_id INTEGER UNIQUE);"
        "INSERT INTO users VALUES (1, 'a'), (2, 'b'), (3, 'c');"
        "INSERT INTO profiles VALUES (10, 1), (20, 2), (30, 3)");
    Plan const plan{
        "p",
        {Migration{
            .id = "1",
            .release = "1.0",
            .operations = {MoveColumn{
                .from = "users", .column = "address", .to = "profiles", .from_key = {"id"}, .to_key = {"user_id"}}}}}};
    Application application{folder.database(), plan};
    application.evolver.expand();
    application.evolver.backfill();
    raw.connection().enable_triggers(false);
    raw.run("DELETE FROM profiles WHERE id = 20");
    auto const found = application.evolver.reconcile();
    CHECK(found.lossy() == 1);
    CHECK(found.pairs.back().table == "users");
    CHECK(found.pairs.back().columns == "users.address → profiles.address");
    CHECK(found.pairs.back().lossy_keys == std::vector<std::string>{"2"});
    raw.run("UPDATE profiles SET address = 'x' WHERE id = 30");
    auto const error = found_by([&] { (void)application.evolver.reconcile({.show_values = true}); });
    CHECK(error.count() == 1);
    CHECK(error.rows()[0].table == "profiles");
    CHECK(error.rows()[0].key == "30");
    CHECK(error.rows()[0].old_values == "address = 'c'");
    CHECK(error.rows()[0].new_values == "address = 'x'");
}

TEST_SUITE_END();
