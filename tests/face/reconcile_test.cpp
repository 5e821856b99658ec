// Reconciliation on SQLite: every kind of key, values that only it has, and that what is planted is found. What both engines do: both/reconcile_test.cpp.

#include "support/application.hpp"
#include "support/raw_sqlite.hpp"
#include "support/reconciling.hpp"

#include <doctest/doctest.h>

#include <stop_token>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("face/reconcile");

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
