// In which order a backfill takes tables and rows.

#include "support/application.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace evolver;
using namespace evolver::testing;

TEST_SUITE_BEGIN("face/fill_order");

namespace {

struct AtBatch : Observer {
    void on(Event const& event) override {
        if (event.kind == EventKind::batch && batch) batch(event);
    }
    std::function<void(Event const&)> batch;
};

/// Stops a backfill after its first batch.
void begin(Application& application, AtBatch& seen) {
    std::stop_source stop;
    seen.batch = [&](Event const&) { stop.request_stop(); };
    CHECK_THROWS_AS(application.evolver.backfill({.stop = stop.get_token()}), Error);
    seen.batch = nullptr;
}

/// Keys that are filled, beside those that are not.
std::string filled(RawSqlite const& database) {
    return database.connection().text(
        "SELECT CASE WHEN count(*) = 0 THEN 'none left' WHEN min(id) = 1 AND max(id) = (SELECT min(id) - 1 FROM "
        "packages "
        "WHERE size_bytes IS NOT NULL) THEN 'from above' WHEN max(id) = (SELECT max(id) FROM packages) THEN 'from "
        "below' "
        "ELSE 'mixed' END FROM packages WHERE size_bytes IS NULL");
}

}  // namespace

TEST_CASE("fill order: descending keys are filled from the largest on, and every row is") {
    Folder const folder;
    make_catalogue(folder.database(), 3000);
    AtBatch seen;
    Application application{
        folder.database(), catalogue(), {.observer = &seen, .fill_order = {{"packages", KeyOrder::descending}}}};
    application.evolver.expand();
    RawSqlite const old{folder.database()};
    begin(application, seen);
    CHECK(filled(old) == "from above");
    auto const percent = application.evolver.status().migrations[1].backfills.at(0).percent;
    CHECK(percent > 0);
    CHECK(percent < 100);
    // What comes in below the bound, and above the start, is the triggers' work.
    old.run("INSERT INTO packages (id, name, size) VALUES (-5, 'low', '1'), (9999, 'high', '2')");
    old.run("UPDATE packages SET id = 8888 WHERE id = 1");
    application.evolver.backfill();
    CHECK(filled(old) == "none left");
    CHECK(old.connection().integer("SELECT count(*) FROM packages WHERE size_bytes IS NOT CAST(size AS INTEGER)") == 0);
    CHECK(application.evolver.reconcile().rows() == 3002);
}

TEST_CASE("fill order: the order is the run's, and whoever goes on keeps to it") {
    for (bool const descending : {true, false}) {
        CAPTURE(descending);
        Folder const folder;
        make_catalogue(folder.database(), 3000);
        std::vector<FillOrder> const down{{"packages", KeyOrder::descending}};
        AtBatch seen;
        Application first{folder.database(),
                          catalogue(),
                          {.observer = &seen, .fill_order = descending ? down : std::vector<FillOrder>{}}};
        first.evolver.expand();
        begin(first, seen);
        RawSqlite const old{folder.database()};
        AtBatch looks;
        int batches = 0;
        looks.batch = [&](Event const&) {
            ++batches;
            auto const now = filled(old);
            if (now != "none left") CHECK(now == (descending ? "from above" : "from below"));
        };
        Application second{folder.database(),
                           catalogue(),
                           {.observer = &looks, .fill_order = descending ? std::vector<FillOrder>{} : down}};
        second.evolver.backfill();
        CHECK(batches > 0);
        CHECK(filled(old) == "none left");
    }
}

TEST_CASE("fill order: the tables that it names come first, the others as the migration names them") {
    Folder const folder;
    std::vector<Operation> tables;
    std::vector<Operation> fills;
    for (auto const* name : {"a", "b", "c"}) {
        tables.push_back(CreateTable{
            .table = name,
            .columns = {{.name = "id", .type = integer(), .primary_key = true}, {.name = "x", .type = integer()}}});
        fills.push_back(Backfill{.table = name, .set = {{"x", "id"}}, .where = "x IS NULL"});
    }
    Plan const plan{"tables",
                    {Migration{.id = "0001", .release = "1.0", .operations = tables},
                     Migration{.id = "0002", .release = "2.0", .operations = fills}}};
    std::string order;
    AtBatch seen;
    seen.batch = [&](Event const& event) { order += event.object; };
    Application application{folder.database(), plan, {.observer = &seen, .fill_order = {{"C"}, {"none"}, {"b"}}}};
    application.evolver.expand();
    RawSqlite{folder.database()}.run("INSERT INTO a (id) VALUES (1)");
    application.evolver.backfill();
    CHECK(order == "cba");
}

TEST_CASE("fill order: every kind of key can be walked from its end, and a failing row is found there, too") {
    for (std::string const table :
         {"CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size TEXT)",
          "CREATE TABLE packages (id INTEGER, name TEXT NOT NULL, size TEXT)",
          "CREATE TABLE packages (id INTEGER, name TEXT NOT NULL, size TEXT, PRIMARY KEY (name)) WITHOUT ROWID",
          "CREATE TABLE packages (id INTEGER, name TEXT NOT NULL, size TEXT, PRIMARY KEY (size, id)) WITHOUT ROWID"}) {
        CAPTURE(table);
        Folder const folder;
        RawSqlite const old{folder.database()};
        old.connection().run("PRAGMA journal_mode = WAL;" + table +
                             "; WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
                             "INSERT INTO packages (id, "
                             "name, size) SELECT i, 'n' || i, i % 7 FROM n");
        Plan const plan{
            "keys",
            {Migration{.id = "0001",
                       .release = "1.0",
                       .operations = {AddColumn{.table = "packages", .column = {.name = "number", .type = integer()}}}},
             Migration{.id = "0002",
                       .release = "1.0",
                       .operations = {Backfill{.table = "packages",
                                               .set = {{"number", "json_extract('[' || size || ']', '$[0]')"}},
                                               .where = "number IS NULL"}}}}};
        Application application{folder.database(), plan, {.fill_order = {{"packages", KeyOrder::descending}}}};
        application.evolver.expand();
        auto const failing = old.connection().integer("SELECT id FROM packages WHERE name = 'n500'");
        old.run("UPDATE packages SET size = 'x' WHERE name = 'n500'");
        try {
            application.evolver.backfill();
            FAIL("a row cannot be filled");
        } catch (BackfillFailed const& error) {
            REQUIRE(error.batch().rows.size() == 1);
            CAPTURE(error.batch().rows[0]);
        }
        CHECK(failing == 500);
        application.evolver.skip_failed_rows({.reason = "a test"});
        application.evolver.resume_backfill();
        application.evolver.backfill();
        CHECK(old.connection().integer("SELECT count(*) FROM packages WHERE number IS NULL") == 1);
        CHECK(old.connection().integer("SELECT count(*) FROM packages WHERE number IS CAST(size AS INTEGER)") == 999);
    }
}

TEST_SUITE_END();
