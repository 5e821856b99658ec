// Tables that contract makes anew, in batches, while others go on.

#include "support/application.hpp"
#include "support/pauses.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace evolver;
using namespace evolver::testing;

TEST_SUITE_BEGIN("face/rebuild");

namespace {

constexpr int rows = 3000;

/// Keys far apart: SQLite's estimate of the rows is their span, so that a small table counts as one for which the budget is too short.
constexpr int apart = 25;

Plan items(std::vector<Operation> operations) {
    return Plan{
        "items",
        {Migration{.id = "0001-items",
                   .release = "1.0",
                   .operations = {CreateTable{.table = "items",
                                              .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                          {.name = "name", .type = text(), .nullable = false},
                                                          {.name = "size", .type = integer()},
                                                          {.name = "note", .type = text()}},
                                              .unique_keys = {{.columns = {"name"}}}}}},
         Migration{.id = "0002-change", .release = "2.0", .operations = std::move(operations)}}};
}

DropUnique names_repeat() { return {.table = "items", .columns = {"name"}, .lock = Lock::online}; }

/// Release 1.0's database; the old release has ended.
void make_items(std::string const& path) {
    Application first{path, items({names_repeat()}).until("1.0"), {.release = "1.0"}};
    first.db << "PRAGMA journal_mode = WAL";
    first.evolver.expand();
    first.db << "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(rows) +
                    ") INSERT INTO items SELECT i * " + std::to_string(apart) +
                    ", 'item-' || i, i % 7, printf('%0200d', i) FROM n";
}

ContractOptions quickly() {
    return {.override_gates = {{"soak", "a test"}, {"processes", "a test"}}, .speed = Speed::full};
}

std::string message(std::function<void()> const& call) {
    try {
        call();
    } catch (std::exception const& error) {
        return error.what();
    }
    return {};
}

/// Calls `what` after batch number `when`.
struct AtBatch : Observer {
    AtBatch(int when, std::function<void()> what) : when_{when}, what_{std::move(what)} {}
    void on(Event const& event) override {
        if (event.kind != EventKind::batch) return;
        ++batches;
        if (batches == when_) what_();
    }
    int batches = 0;

private:
    int when_;
    std::function<void()> what_;
};

std::string left_over(RawSqlite const& raw) {
    return raw.connection().text(
        "SELECT group_concat(name) FROM sqlite_schema WHERE name GLOB 'evolver_shadow*' OR name GLOB 'evolver_trash*' "
        "OR name GLOB 'evolver_ghosts*' OR name GLOB 'evolver_rebuild_*_items'");
}

}  // namespace

TEST_CASE("rebuild: contract makes a large table anew in batches, and nothing of the work is left") {
    Folder const folder;
    make_items(folder.database());
    std::unique_ptr<RawSqlite> writer = std::make_unique<RawSqlite>(folder.database());
    AtBatch observer{3, [&] {
                         writer->run("UPDATE items SET size = 99 WHERE id IN (25, 75000)");
                         writer->run("INSERT INTO items VALUES (1, 'new', 1, NULL), (999999, 'last', 1, NULL)");
                         writer->run("DELETE FROM items WHERE id = 50");
                     }};
    Application second{folder.database(), items({names_repeat()}), {.release = "2.0", .observer = &observer}};
    second.evolver.expand();
    second.evolver.reconcile();
    auto const report = second.evolver.contract(quickly());
    CHECK(observer.batches > 3);
    CHECK(report.steps.size() == 1);
    CHECK(has(report.steps.front().what, "put table items, rebuilt in batches, in its place"));
    CHECK(writer->integer("SELECT count(*) FROM items") == rows + 1);
    CHECK(writer->integer("SELECT count(*) FROM items WHERE size = 99") == 2);
    CHECK(writer->connection().text("PRAGMA integrity_check") == "ok");
    CHECK(left_over(*writer) == "");
    writer->run("INSERT INTO items (name) VALUES ('new')");  // no longer unique
    CHECK(second.evolver.verify_audit() == std::nullopt);
}

TEST_CASE("rebuild: a contract that is told to stop goes on where it stopped, and a rollback leads back") {
    Folder const folder;
    make_items(folder.database());
    std::stop_source stop;
    AtBatch observer{2, [&] { stop.request_stop(); }};
    {
        Application second{folder.database(), items({names_repeat()}), {.release = "2.0", .observer = &observer}};
        second.evolver.expand();
        second.evolver.reconcile();
        auto options = quickly();
        options.stop = stop.get_token();
        auto const words = message([&] { second.evolver.contract(options); });
        CHECK(has(words, "contract() was told to stop"));
    }
    RawSqlite const raw{folder.database()};
    auto const copied = raw.integer("SELECT rows FROM evolver_rebuild");
    CHECK(copied > 0);
    CHECK(copied < rows);

    SUBCASE("goes on") {
        Application second{folder.database(), items({names_repeat()}), {.release = "2.0"}};
        second.evolver.contract(quickly());
        CHECK(raw.integer("SELECT sum(rows) FROM (SELECT 0 AS rows UNION ALL SELECT rows FROM evolver_rebuild)") == 0);
        CHECK(raw.integer("SELECT count(*) FROM evolver_audit WHERE event = 'rebuild begun'") == 1);
    }
    SUBCASE("leads back, and advance() removes what was copied") {
        Application second{folder.database(), items({names_repeat()}), {.release = "2.0"}};
        second.evolver.rollback({.migration = "0002-change"});
        CHECK(raw.integer("SELECT count(*) FROM evolver_rebuild") == 0);
        while (second.evolver.advance(std::chrono::milliseconds{8})) {
        }
        CHECK(has(message([&] { raw.run("INSERT INTO items (name) VALUES ('item-1')"); }), "UNIQUE"));
    }
    CHECK(left_over(raw) == "");
    CHECK(raw.integer("SELECT count(*) FROM items") == rows);
    CHECK(raw.connection().text("PRAGMA integrity_check") == "ok");
}

TEST_CASE("rebuild: what a later migration fills meanwhile, past the triggers, is in the table that takes the place") {
    Folder const folder;
    make_items(folder.database());
    auto const two = items({names_repeat()});
    Plan const later{"items",
                     {two.migrations()[0], two.migrations()[1],
                      Migration{.id = "0003-notes",
                                .release = "3.0",
                                .operations = {Backfill{
                                    .table = "items", .set = {{"note", "'noted'"}}, .where = "note <> 'noted'"}}}}};
    std::stop_source stop;
    AtBatch observer{2, [&] { stop.request_stop(); }};
    {
        Application second{folder.database(), items({names_repeat()}), {.release = "2.0", .observer = &observer}};
        second.evolver.expand();
        second.evolver.reconcile();
        auto options = quickly();
        options.stop = stop.get_token();
        CHECK(has(message([&] { second.evolver.contract(options); }), "told to stop"));
    }
    Application third{folder.database(), later, {.release = "3.0"}};
    third.evolver.expand();
    third.evolver.backfill(Speed::full);
    third.evolver.reconcile();
    third.evolver.contract(quickly());
    RawSqlite const raw{folder.database()};
    CHECK(raw.integer("SELECT count(*) FROM items WHERE note = 'noted'") == rows);
    CHECK(left_over(raw) == "");
}

TEST_CASE("rebuild: an idle loop goes on with a rebuild that contract() has begun") {
    Folder const folder;
    make_items(folder.database());
    std::stop_source stop;
    AtBatch observer{2, [&] { stop.request_stop(); }};
    Application second{folder.database(), items({names_repeat()}), {.release = "2.0", .observer = &observer}};
    second.evolver.expand();
    second.evolver.reconcile();
    auto options = quickly();
    options.stop = stop.get_token();
    CHECK_THROWS_AS(second.evolver.contract(options), Error);
    while (second.evolver.advance(std::chrono::milliseconds{8})) {
    }
    RawSqlite const raw{folder.database()};
    CHECK(raw.integer("SELECT rows FROM evolver_rebuild WHERE complete = 1") == rows);
    CHECK(has(second.evolver.why(), "contract()"));
    second.evolver.contract(quickly());
    CHECK(left_over(raw) == "");
}

TEST_CASE("rebuild: a row that breaks the new form stops contract in words, and leaves the table as it is") {
    Folder const folder;
    make_items(folder.database());
    ChangePrimaryKey const key{
        .table = "items", .name = "items_key", .columns = {"size", "name"}, .lock = Lock::online};
    RawSqlite const raw{folder.database()};
    AtBatch observer{2, [&] { raw.run("INSERT INTO items VALUES (74999, 'x', NULL, NULL)"); }};
    Application second{folder.database(), items({key}), {.release = "2.0", .observer = &observer}};
    second.evolver.expand();
    second.evolver.reconcile();
    auto const words = message([&] { second.evolver.contract(quickly()); });
    CHECK(has(words, "items cannot have its new form"));
    CHECK(has(words, "NOT NULL"));
    CHECK(raw.integer("SELECT count(*) FROM sqlite_schema WHERE name GLOB 'evolver_rebuild_*_items'") == 0);
    raw.run("INSERT INTO items VALUES (74998, 'y', NULL, NULL)");
    auto const rule = message([&] { second.evolver.contract(quickly()); });  // before anything begins
    CHECK(has(rule, "items.size"));
    CAPTURE(rule);
    CHECK(has(rule, "not NULL"));
    raw.run("DELETE FROM items WHERE size IS NULL");
    second.evolver.contract(quickly());
    CHECK(has(message([&] { raw.run("INSERT INTO items VALUES (1, 'y', NULL, NULL)"); }), "NOT NULL"));
    CHECK(raw.connection().text("SELECT group_concat(name) FROM pragma_table_info('items') WHERE pk > 0") ==
          "name,size");
    CHECK(left_over(raw) == "");
}

TEST_CASE("rebuild: contract makes the pauses between its batches that a backfill makes") {
    Folder const folder;
    make_items(folder.database());
    Pauses pauses;
    Application second{folder.database(), items({names_repeat()}), {.release = "2.0", .observer = &pauses}};
    second.evolver.expand();
    second.evolver.reconcile();
    auto politely = quickly();
    politely.speed = Speed::polite;
    second.evolver.contract(politely);
    CHECK(pauses.batches > 3);
    CHECK(pauses.too_short == 0);
}

TEST_CASE("rebuild: the old rows go in slices, and their indexes before them, one by one") {
    struct Old : Observer {
        explicit Old(std::string const& path) : raw{path} {}
        void on(Event const& event) override {
            if (event.kind != EventKind::batch || !has(event.object, "evolver_trash")) return;
            auto const name = "'" + event.object + "'";
            if (raw.integer("SELECT count(*) FROM sqlite_schema WHERE name = " + name) == 0) return;
            indexes.push_back(
                raw.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name = " + name));
            left.push_back(raw.integer("SELECT count(*) FROM \"" + event.object + "\""));
        }
        RawSqlite const raw;
        std::vector<std::int64_t> indexes;
        std::vector<std::int64_t> left;
    };
    Folder const folder;
    make_items(folder.database());
    Old old{folder.database()};
    old.raw.run("CREATE INDEX by_size ON items (size)");
    Application second{folder.database(), items({names_repeat()}), {.release = "2.0", .observer = &old}};
    second.evolver.expand();
    second.evolver.reconcile();
    second.evolver.contract(quickly());
    REQUIRE(old.left.size() > 3);
    CHECK(std::vector(old.indexes.begin(), old.indexes.begin() + 3) == std::vector<std::int64_t>{1, 0, 0});
    CHECK(std::vector(old.left.begin(), old.left.begin() + 2) == std::vector<std::int64_t>{rows, rows});
    CHECK(old.left[2] > 0);
    CHECK(old.left[2] < rows);
    CHECK(old.left[3] < old.left[2]);
    CHECK(left_over(old.raw) == "");
}

TEST_CASE("rebuild: every row is copied, and carried meanwhile, whatever kind of value its key is") {
    for (auto const* const key : {"i", "printf('%de3', i)"}) {
        CAPTURE(key);
        Folder const folder;
        RawSqlite const raw{folder.database()};
        raw.connection().run(
            "CREATE TABLE t (k PRIMARY KEY, size TEXT UNIQUE) WITHOUT ROWID;"
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO t SELECT " +
            std::string{key} +
            ", i FROM n;"
            "ANALYZE; UPDATE sqlite_stat1 SET stat = '1000000 1'");  // large enough to be rebuilt in batches
        Plan const plan{
            "p",
            {Migration{.id = "1",
                       .release = "2.0",
                       .operations = {DropUnique{.table = "t", .columns = {"size"}, .lock = Lock::online}}}}};
        AtBatch observer{3, [&] { raw.run("UPDATE t SET size = 'new' WHERE size = '1'"); }};
        Application application{folder.database(), plan, {.observer = &observer}};
        application.evolver.expand();
        application.evolver.reconcile();
        application.evolver.contract(quickly());
        CHECK(observer.batches > 3);
        CHECK(raw.integer("SELECT count(*) FROM t") == 1000);
        CHECK(raw.integer("SELECT count(*) FROM t WHERE size = 'new'") == 1);
        CHECK(left_over(raw) == "");
    }
}

TEST_CASE("rebuild: VACUUM renumbers hidden rowids, and the rebuild begins anew") {
    Folder const folder;
    std::vector<Operation> const by_name{ChangePrimaryKey{.table = "items", .name = "items_key", .columns = {"name"}}};
    make_items(folder.database());
    RawSqlite const raw{folder.database()};
    {
        Application second{folder.database(), items(by_name), {.release = "2.0"}};
        second.evolver.expand();
        second.evolver.reconcile();
        auto small = quickly();
        CHECK(has(message([&] { second.evolver.contract(small); }), ".lock = Lock::online"));
    }
    // The same table without an INTEGER PRIMARY KEY, with gaps in its rowids.
    raw.connection().run(
        "CREATE TABLE loose (name TEXT UNIQUE, note TEXT); INSERT INTO loose (rowid, name, note) SELECT id, name, note "
        "FROM items;"
        "DELETE FROM loose WHERE rowid % 75 = 0");
    Plan const plan{
        "loose",
        {Migration{.id = "0001", .release = "1.0", .operations = {RawSql{.expand = "SELECT 1", .undo = "SELECT 1"}}},
         Migration{.id = "0002",
                   .release = "2.0",
                   .operations = {DropUnique{.table = "loose", .columns = {"name"}, .lock = Lock::online}}}}};
    AtBatch observer{3, [&] { raw.run("VACUUM"); }};
    Application other{folder.database(), plan, {.release = "2.0", .observer = &observer}};
    other.evolver.expand();
    other.evolver.reconcile();
    other.evolver.contract(quickly());
    CHECK(raw.integer("SELECT count(*) FROM evolver_audit WHERE event = 'rebuild begun'") == 2);
    CHECK(raw.integer("SELECT count(*) FROM loose") == 2 * rows / 3);
    CHECK(raw.connection().text("PRAGMA integrity_check") == "ok");
    CHECK(left_over(raw) == "");
}

TEST_SUITE_END();
