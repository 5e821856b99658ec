// What a migration must leave as it is.

#include "both/world.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace evolver;
using namespace evolver::testing;

namespace {

Plan then(Migration next) { return {"catalogue", {packages_migration(), std::move(next)}}; }

Migration in_bytes(Expression after = "SELECT sum(bytes) FROM packages") {
    return {.id = "0002",
            .release = "2.0",
            .operations = {ChangeType{.table = "packages",
                                      .from = "size",
                                      .to = "bytes",
                                      .type = integer(),
                                      .up = "CAST(size AS BIGINT)",
                                      .down = "CAST(bytes AS TEXT)"}},
            .invariants = {{.name = "all sizes",
                            .before = "SELECT sum(CAST(size AS INTEGER)) FROM packages -- of all",
                            .after = std::move(after)}}};
}

Migration raw(RawSql sql, Invariant invariant) {
    return {.id = "0002", .release = "2.0", .operations = {std::move(sql)}, .invariants = {std::move(invariant)}};
}

Invariant const all_are_there{.name = "all packages", .before = "SELECT count(*) FROM packages"};

ContractOptions const now{.override_gates = {{"soak", "a test"}, {"processes", "the test's own"}}};

}  // namespace

TEST_SUITE_BEGIN("both/invariant");

TEST_CASE("invariant: both queries are asked in one snapshot by reconcile, and again around contract") {
    World world{then(in_bytes())};
    world.evolver.expand();
    world.evolver.backfill();
    auto const found = world.evolver.reconcile();
    REQUIRE(found.invariants.size() == 1);
    CHECK(found.invariants[0].migration == "0002");
    CHECK(found.invariants[0].name == "all sizes");
    CHECK(found.invariants[0].before == "");
    auto const shown = world.evolver.reconcile({.show_values = true}).invariants;
    CHECK(shown[0].before == "150");
    CHECK(shown[0].after == "150");
    world.evolver.contract(now);
    CHECK(world.database.rows("SELECT CAST(sum(bytes) AS INTEGER) FROM packages") == "150");
}

TEST_CASE("invariant: where the two answers differ, reconcile names it, shows no values, and moves nothing") {
    World world{then(in_bytes("SELECT sum(bytes) + 1 FROM packages"))};
    world.evolver.expand();
    world.evolver.backfill();
    try {
        (void)world.evolver.reconcile();
        FAIL("the sums differ");
    } catch (InvariantError const& error) {
        CHECK(error.answer().name == "all sizes");
        CHECK(has(error.what(), "\"0002\" does not leave \"all sizes\" as it is: in one snapshot"));
        CHECK_FALSE(has(error.what(), "15"));
        CHECK(has(error.sql(), "SELECT sum(bytes) + 1 FROM packages"));
    }
    CHECK(has(message_of([&] { (void)world.evolver.reconcile({.show_values = true}); }), "(150, then 151)"));
    auto const status = world.evolver.status().migrations[1];
    CHECK(status.stage == Stage::dual);
    CHECK_FALSE(status.reconciled);
    CHECK(world.database.rows("SELECT migration FROM evolver_audit WHERE event = 'reconciliation failed'") ==
          "'0002'; '0002'");
    CHECK_FALSE(world.evolver.verify_audit());
    CHECK_THROWS_AS((void)world.evolver.contract(now), GateClosed);
}

TEST_CASE("invariant: steps of expand that break it are rolled back") {
    World world{then(raw({.expand = "DELETE FROM packages WHERE id = 2"}, all_are_there))};
    try {
        world.evolver.expand();
        FAIL("a package is gone");
    } catch (InvariantError const& error) {
        CHECK(has(error.what(), "expand(), which were rolled back"));
        CHECK(error.database_changed() == Changed::no);
    }
    CHECK(world.old.rows("SELECT CAST(count(*) AS INTEGER) FROM packages") == "5");
    CHECK(world.evolver.status().migrations[1].phase == Phase::planned);
}

TEST_CASE("invariant: what the same call has committed before is told by the error") {
    auto third = raw({.expand = "DELETE FROM packages WHERE id = 2"}, all_are_there);
    third.id = "0003";
    World world{Plan{"catalogue",
                     {packages_migration(), raw({.expand = "CREATE TABLE other (id INTEGER)"}, all_are_there), third}}};
    try {
        world.evolver.expand();
        FAIL("a package is gone");
    } catch (InvariantError const& error) {
        CHECK(error.answer().migration == "0003");
        CHECK(error.database_changed() == Changed::partly);
    }
    CHECK(world.evolver.status().migrations[1].phase == Phase::expanded);
}

TEST_CASE("invariant: steps of contract that break it are rolled back, and it is gone on with once it holds") {
    World world{then(raw({.contract = "CREATE TABLE totals AS SELECT sum(CAST(size AS INTEGER)) AS sizes FROM packages "
                                      "WHERE id > 1"},
                         {.name = "all sizes",
                          .before = "SELECT sum(CAST(size AS INTEGER)) FROM packages",
                          .after = "SELECT sizes FROM totals"}))};
    world.evolver.expand();
    CHECK(world.evolver.reconcile().invariants.empty());  // there is nothing to ask yet
    try {
        (void)world.evolver.contract(now);
        FAIL("a size is missing");
    } catch (InvariantError const& error) {
        CHECK(has(error.what(), "contract(), which were rolled back"));
    }
    CHECK(world.evolver.status().migrations[1].phase == Phase::expanded);
    CHECK(world.evolver.status().floor_release != "2.0");
    auto const tables = world.database.tables();
    CHECK(std::ranges::find(tables, "totals") == tables.end());
    world.old.run("DELETE FROM packages WHERE id = 1");
    world.evolver.contract(now);
    CHECK(world.old.rows("SELECT CAST(sizes AS INTEGER) FROM totals") == "140");
}

TEST_CASE("invariant: one that takes long is not asked while writers wait, and that is told") {
    Invariant const slow{.name = "slow",
                         .before =
                             "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) "
                             "SELECT count(*) + (SELECT count(*) FROM packages) FROM n"};
    World world{then(raw({.expand = "DELETE FROM packages WHERE id = 2"}, slow))};
    auto const warnings = world.evolver.expand().warnings;
    CHECK(std::ranges::any_of(warnings, [](std::string const& warning) {
        return has(warning, "migration \"0002\": the invariant \"slow\" was not asked while writers wait");
    }));
}

TEST_CASE("invariant: a query that does not work is refused before the first write") {
    std::vector<std::string> queries{"SELECT count(*) FROM pakages", "DELETE FROM packages",
                                     "SELECT count(*) FROM packages; SELECT 1", "EXPLAIN SELECT 1",
                                     "SELECT count(*) FROM packages WHERE id > $1"};
    // SQLite takes what stands before the semicolon, and never sees the rest.
    if (Database::engine() == Engine::postgresql)
        queries.emplace_back("SELECT 1) AS one; DELETE FROM packages; SELECT * FROM (SELECT 1");
    for (auto const& query : queries) {
        CAPTURE(query);
        World world{then(raw({.expand = "CREATE TABLE other (id INTEGER)"}, {.name = "asked", .before = query}))};
        for (auto const& call : std::vector<std::function<void()>>{[&] { (void)world.evolver.dry_run(); },
                                                                   [&] { (void)world.evolver.expand(); }}) {
            try {
                call();
                FAIL("it does not work");
            } catch (PlanError const& error) {
                CHECK(has(error.what(), "Migration \"0002\", invariant \"asked\": "));
                CHECK(has(error.what(), "instead: correct the query: one SELECT"));
            }
        }
        CHECK(world.database.tables() == std::vector<std::string>{"packages"});
        CHECK(world.old.rows("SELECT CAST(count(*) AS INTEGER) FROM packages") == "5");
    }
}

TEST_CASE("invariant: a query for the new shape that does not work is a warning until contract, which refuses it") {
    Database const database;
    Asked session{database};
    Evolver evolver{session.db, then(raw({.contract = "CREATE TABLE totals (id INTEGER)"},
                                         {.name = "asked", .before = "SELECT 1", .after = "SELECT 1 FROM total"}))};
    auto const warnings = evolver.dry_run().warnings;
    CHECK(std::ranges::any_of(warnings, [](std::string const& warning) {
        return has(warning, "contract would fail") && has(warning, "invariant \"asked\"");
    }));
    World world{then(raw({.contract = "SELECT 1"},
                         {.name = "odd", .before = "SELECT 2", .after = "DELETE FROM packages RETURNING 1"}))};
    world.evolver.expand();
    CHECK(world.evolver.reconcile().invariants.empty());
    CHECK_THROWS_AS((void)world.evolver.contract(now), PlanError);
    CHECK(world.old.rows("SELECT CAST(count(*) AS INTEGER) FROM packages") == "5");
    CHECK(world.evolver.status().migrations[1].phase == Phase::expanded);
}

TEST_SUITE_END();
