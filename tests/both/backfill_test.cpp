// The run of a backfill: a batch that fails, and what an operator says to it. On SQLite expand() tries a Backfill on the rows, so those that fail come in behind
// it.

#include "both/world.hpp"
#include "evolver/execute/backfill_error.hpp"
#include "evolver/fleet/gate.hpp"
#include "evolver/ledger/ledger_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

/// The table takes no section of packages 2 and 5.
Plan sections(std::vector<Operation> more = {}) {
    auto made = packages_migration();
    auto& table = std::get<CreateTable>(made.operations[0]);
    table.columns.push_back({.name = "section", .type = text()});
    table.checks = {{.name = "no_such_section", .condition = "section <> 's20' AND section <> 's50'"}};
    more.emplace_back(Backfill{.table = "packages", .set = {{"section", "'s' || size"}}, .where = "section IS NULL"});
    return {"catalogue", {made, Migration{.id = "0002-change", .release = "2.0", .operations = std::move(more)}}};
}

/// Packages 2 and 5 are written once it is expanded.
void expand_before_they_fail(World& world, Evolver& evolver) {
    world.old.run("UPDATE packages SET size = size || '1' WHERE id IN (2, 5)");
    evolver.expand();
    world.old.run("UPDATE packages SET size = substr(size, 1, 2) WHERE id IN (2, 5)");
}
void expand_before_they_fail(World& world) { expand_before_they_fail(world, world.evolver); }

std::string sections_of(World const& world) {
    return world.database.rows("SELECT id, section FROM packages ORDER BY id");
}

BackfillStatus run_of(Evolver& evolver) {
    auto const status = evolver.status();
    REQUIRE(status.migrations.at(1).backfills.size() == 1);
    return status.migrations[1].backfills[0];
}

/// "rows skipped: ticket 17"
bool trail_has(Evolver& evolver, std::string const& event, std::string const& detail) {
    bool found = false;
    evolver.audit(
        [&](AuditEntry const& entry) { found = found || (entry.event == event && has(entry.detail, detail)); });
    return found;
}

ContractOptions now(std::vector<AcceptedLoss> loss = {}) {
    return {.override_gates = {{"soak", "a test"}, {"processes", "the test's own"}}, .accept_loss = std::move(loss)};
}

/// The tables whose batches are told of, each time with a space.
struct AtBatch : Observer {
    void on(Event const& event) override {
        if (event.kind == EventKind::batch) tables += event.object + " ";
    }
    std::string tables;
};

constexpr auto unfilled = "1|NULL; 2|NULL; 3|NULL; 4|NULL; 5|NULL";

}  // namespace

TEST_SUITE_BEGIN("both/backfill");

TEST_CASE("A batch that fails stops the run, names its rows by key, and nobody tries it again by himself") {
    World world{sections()};
    expand_before_they_fail(world);
    try {
        world.evolver.backfill();
        FAIL("it has to fail");
    } catch (BackfillFailed const& failed) {
        CHECK(failed.batch().rows == std::vector<std::string>{"2", "5"});
        CHECK(failed.batch().migration == "0002-change");
        CHECK(failed.batch().table == "packages");
        CHECK(failed.batch().after == "");
        CHECK(failed.batch().until == "5");
        CHECK(has(failed.batch().error, "no_such_section"));
        CHECK(has(failed.batch().sql, "UPDATE "));
        CHECK(has(failed.what(), "by key: 2; 5"));
        CHECK(has(failed.what(), "skip_failed_rows"));
        CHECK_FALSE(has(failed.what(), "s20"));
    }
    CHECK(sections_of(world) == unfilled);
    CHECK(run_of(world.evolver).state == RunState::failed);
    CHECK(has(run_of(world.evolver).why, "no_such_section"));
    CHECK(trail_has(world.evolver, "batch failed", "packages, keys behind the start up to 5"));
    CHECK_FALSE(world.evolver.advance(1s));
    CHECK(has(world.evolver.why(), "the backfill of \"0002-change\" has failed"));
    CHECK(has(message_of([&] { world.evolver.pause_backfill({.reason = "x"}); }), "is failed"));
    // Another process, too, learns what it was; nothing was tried.
    world.old.run("UPDATE packages SET size = '21' WHERE id = 2");
    Asked session{world.database};
    Evolver other{session.db, sections(), {}};
    CHECK_THROWS_WITH_AS(other.backfill(), doctest::Contains("by key: 2; 5"), BackfillFailed);
    CHECK(sections_of(world) == unfilled);
}

TEST_CASE(
    "Rows of a failed batch that are skipped stay as they are, everybody passes over them, and the trail says why") {
    World world{sections()};
    expand_before_they_fail(world);
    CHECK(has(message_of([&] { world.evolver.skip_failed_rows({.reason = "x"}); }), "skip_failed_rows() was refused"));
    CHECK_THROWS_AS(world.evolver.backfill(), BackfillFailed);
    Asked session{world.database};
    Evolver other{session.db, sections(), {}};
    CHECK_FALSE(other.advance(1s));  // before anything is skipped
    CHECK(has(message_of([&] { world.evolver.skip_failed_rows({}); }), "no reason was given"));
    CHECK(world.evolver.skip_failed_rows({.reason = "ticket 17"}) == 2);
    CHECK_FALSE(other.advance(1s));  // only resume_backfill() lets it go on
    world.evolver.resume_backfill();
    other.backfill();
    CHECK(sections_of(world) == "1|'s10'; 2|NULL; 3|'s30'; 4|'s40'; 5|NULL");
    CHECK(run_of(world.evolver).state == RunState::finished);
    CHECK(run_of(world.evolver).skipped == 2);
    CHECK(run_of(world.evolver).rows == 3);
    CHECK(trail_has(world.evolver, "rows skipped", "ticket 17"));
}

TEST_CASE("Rows of a failed batch that are mended are filled after a resume, and those that are not fail again") {
    World world{sections()};
    expand_before_they_fail(world);
    CHECK_THROWS_AS(world.evolver.backfill(), BackfillFailed);
    auto const batch = std::stoi(world.database.rows("SELECT batch_rows FROM evolver_backfill"));
    world.old.run("UPDATE packages SET size = '21' WHERE id = 2");
    world.evolver.resume_backfill({.batches = Batches::halved});
    CHECK(world.database.rows("SELECT batch_rows FROM evolver_backfill") == std::to_string(batch / 2));
    CHECK_THROWS_WITH_AS(world.evolver.backfill(), doctest::Contains("by key: 5\n"), BackfillFailed);
    world.old.run("UPDATE packages SET size = '51' WHERE id = 5");
    world.evolver.resume_backfill();
    world.evolver.backfill();
    CHECK(sections_of(world) == "1|'s10'; 2|'s21'; 3|'s30'; 4|'s40'; 5|'s51'");
    CHECK(world.database.rows("SELECT count(*) FROM evolver_failed_row") == "0");
}

TEST_CASE(
    "Of rows that cannot be together the later one is named, and a failed batch of a rule that is looked at last is "
    "one") {
    auto made = packages_migration();
    auto& table = std::get<CreateTable>(made.operations[0]);
    table.columns.push_back({.name = "section", .type = text()});
    table.unique_keys = {{.columns = {"section"}}};
    World world{{"catalogue",
                 {made, Migration{.id = "0002-change",
                                  .release = "2.0",
                                  .operations = {Backfill{.table = "packages",
                                                          .set = {{"section", "'s' || size"}},
                                                          .where = "section IS NULL"}}}}}};
    world.evolver.expand();
    world.old.run("UPDATE packages SET size = '10' WHERE id = 4");
    CHECK_THROWS_WITH_AS(world.evolver.backfill(), doctest::Contains("by key: 4\n"), BackfillFailed);
}

TEST_CASE("A failure is no row's where no row is the cause, and names none") {
    // The statement fails over any row, and over none.
    World world{
        {AddColumn{.table = "packages", .column = {.name = "section", .type = text()}},
         Backfill{.table = "packages", .set = {{"section", "(SELECT note FROM notes)"}}, .where = "section IS NULL"}}};
    world.old.run("CREATE TABLE notes (note TEXT)");
    world.evolver.expand();
    world.old.run("DROP TABLE notes");
    try {
        world.evolver.backfill();
        FAIL("it has to fail");
    } catch (BackfillFailed const& failed) {
        CHECK(failed.batch().rows.empty());
        CHECK(has(failed.batch().error, "notes"));
    }
    world.old.run("CREATE TABLE notes (note TEXT)");
    world.old.run("INSERT INTO notes VALUES ('n')");
    world.evolver.resume_backfill();
    world.evolver.backfill();
    CHECK(sections_of(world) == "1|'n'; 2|'n'; 3|'n'; 4|'n'; 5|'n'");
}

TEST_CASE("Reconciliation knows rows that were skipped, and contract is closed until their loss is accepted") {
    // On SQLite expand() refuses rows that fail already: face/backfill_run_test.cpp has it by other means.
    if (Database::engine() == Engine::sqlite) return;
    auto const plan = sections({ChangeType{.table = "packages",
                                           .from = "size",
                                           .to = "bytes",
                                           .type = integer(),
                                           .up = "CAST(size AS INTEGER)",
                                           .down = "CAST(bytes AS TEXT)"}});
    World world{plan};
    world.evolver.expand();
    CHECK_THROWS_WITH_AS(world.evolver.backfill(), doctest::Contains("by key: 2; 5"), BackfillFailed);
    CHECK(world.evolver.skip_failed_rows({.reason = "ticket 17"}) == 2);
    world.evolver.resume_backfill();
    world.evolver.backfill();
    CHECK(world.database.rows("SELECT id, bytes FROM packages ORDER BY id") == "1|10; 2|NULL; 3|30; 4|40; 5|NULL");
    auto const found = world.evolver.reconcile();
    CHECK(found.different() == 0);
    CHECK(found.lossy() == 2);
    CHECK(world.evolver.status().migrations[1].lossy_rows == 2);
    CHECK_THROWS_WITH_AS((void)world.evolver.contract(now()), doctest::Contains("lossless"), GateClosed);
    (void)world.evolver.contract(now({{"0002-change", "ticket 17"}}));
    CHECK(world.database.rows("SELECT row_key, value FROM evolver_quarantine ORDER BY row_key") ==
          "'2'|'20'; '5'|'50'");
}

TEST_CASE("A limit of rows per second holds from one call of advance() to the next") {
    World world{sections()};
    world.old.run("UPDATE packages SET size = '1' WHERE id IN (2, 5)");
    AtBatch seen;
    Asked session{world.database};
    Evolver evolver{session.db, sections(), {.observer = &seen, .rows_per_second = 0.1}};
    evolver.expand();
    CHECK(evolver.advance(1us));
    CHECK(evolver.advance(5ms));
    CHECK(evolver.advance(5ms));
    CHECK(seen.tables == "packages ");
}

TEST_CASE("The order of keys is the run's: descending from the largest on, and whoever goes on keeps to it") {
    for (bool const descending : {true, false}) {
        CAPTURE(descending);
        World world{sections()};
        world.old.run("UPDATE packages SET size = '1'");
        world.old.run(
            "INSERT INTO packages (id, name, size) WITH RECURSIVE n(i) AS (SELECT 6 UNION ALL SELECT i + 1 FROM n "
            "WHERE i < 3000) SELECT i, 'package', '1' FROM n");
        std::vector<FillOrder> const down{{"packages", KeyOrder::descending}};
        std::vector<FillOrder> const none;
        Asked session{world.database};
        Evolver first{session.db, sections(), {.fill_order = descending ? down : none}};
        first.expand();
        CHECK(first.advance(1us));
        auto const done = [&](std::string const& id) {
            return world.database.rows("SELECT section FROM packages WHERE id = " + id) != "NULL";
        };
        CHECK(done("1") != descending);
        CHECK(done("3000") == descending);
        Asked other{world.database};
        Evolver second{other.db, sections(), {.fill_order = descending ? none : down}};
        CHECK(second.advance(1us));
        CHECK(done("1") != descending);
        CHECK(done("3000") == descending);
        CHECK(world.database.rows(descending ? "SELECT count(*) FROM packages WHERE section IS NULL AND id > (SELECT "
                                               "min(id) FROM packages WHERE section IS NOT NULL)"
                                             : "SELECT count(*) FROM packages WHERE section IS NULL AND id < (SELECT "
                                               "max(id) FROM packages WHERE section IS NOT NULL)") == "0");
        second.backfill();
        CHECK(world.database.rows("SELECT count(*) FROM packages WHERE section IS NULL") == "0");
    }
}

TEST_CASE("Rows that fail are found from the largest key on, too") {
    World world{sections()};
    Asked session{world.database};
    Evolver evolver{session.db, sections(), {.fill_order = {{"packages", KeyOrder::descending}}}};
    expand_before_they_fail(world, evolver);
    try {
        evolver.backfill();
        FAIL("it has to fail");
    } catch (BackfillFailed const& failed) {
        CHECK(failed.batch().rows == std::vector<std::string>{"5", "2"});
        CHECK(failed.batch().until == "1");
    }
    evolver.skip_failed_rows({.reason = "ticket 17"});
    evolver.resume_backfill();
    evolver.backfill();
    CHECK(sections_of(world) == "1|'s10'; 2|NULL; 3|'s30'; 4|'s40'; 5|NULL");
}

TEST_CASE("The tables that the order of a backfill names come first, the others as the migration names them") {
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
    Database const database;
    Asked session{database};
    AtBatch seen;
    Evolver evolver{session.db, plan, {.observer = &seen, .fill_order = {{"C"}, {"none"}, {"b"}}}};
    evolver.expand();
    for (std::string const name : {"a", "b", "c"}) session.run("INSERT INTO " + name + " (id) VALUES (1)");
    evolver.backfill();
    auto const c = seen.tables.find('c');
    auto const b = seen.tables.find('b');
    auto const a = seen.tables.find('a');
    CHECK(c < b);
    CHECK(b < a);
    CHECK(a != std::string::npos);
}

TEST_CASE("Rolling back forgets what has failed") {
    World world{sections()};
    expand_before_they_fail(world);
    CHECK_THROWS_AS(world.evolver.backfill(), BackfillFailed);
    world.evolver.skip_failed_rows({.reason = "ticket 17"});
    world.evolver.rollback({.migration = "0002-change"});
    CHECK(world.database.rows("SELECT count(*) FROM evolver_failed_row") == "0");
    world.old.run("UPDATE packages SET size = '1' WHERE id IN (2, 5)");
    world.evolver.expand();
    world.evolver.backfill();
    CHECK(sections_of(world) == "1|'s10'; 2|'s1'; 3|'s30'; 4|'s40'; 5|'s1'");
}

TEST_SUITE_END();
