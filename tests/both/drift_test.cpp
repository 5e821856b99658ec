// What somebody has changed by hand, beside the plan.

#include "both/world.hpp"
#include "evolver/ledger/ledger_error.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

using namespace evolver;
using namespace evolver::testing;

namespace {

Plan indexed() {
    auto const both = catalogue_with({AddColumn{.table = "packages", .column = {.name = "note", .type = text()}}});
    std::vector<Migration> migrations{both.migrations().begin(), both.migrations().end()};
    migrations[0].operations.push_back(CreateIndex{.name = "packages_name", .table = "packages", .columns = {"name"}});
    return Plan{both.name(), std::move(migrations)};
}

struct Drifted {
    explicit Drifted(std::string const& by_hand, bool expanded = false) : world{indexed()} {
        if (expanded) world.evolver.expand();
        world.old.run(by_hand);
    }

    World world;
};

}  // namespace

TEST_SUITE_BEGIN("both/drift");

TEST_CASE("drift: what the plan has made and somebody has removed is named before anything is written") {
    auto const refusal = [](std::string const& by_hand) {
        Drifted drifted{by_hand};
        auto const entries = drifted.world.evolver.audit_head().sequence;
        auto words = message_of([&] { drifted.world.evolver.expand(); });
        CHECK(words == message_of([&] { (void)drifted.world.evolver.dry_run(); }));
        CHECK_THROWS_AS(drifted.world.evolver.expand(), DriftError);
        CHECK(drifted.world.evolver.status().migrations[1].phase == Phase::planned);
        CHECK(drifted.world.evolver.audit_head().sequence == entries);
        return words;
    };
    CHECK(has(refusal("DROP INDEX packages_name"), "packages_name"));
    CHECK(has(refusal("ALTER TABLE packages DROP COLUMN size"), "packages.size"));
    auto const renamed = refusal("ALTER TABLE packages RENAME TO parcels");
    CHECK(has(renamed, "packages"));
    CHECK(has(renamed, "nothing was written"));
}

TEST_CASE(
    "drift: a column that somebody has given another type is named, and what the engine calls in its own words is "
    "none") {
    auto const both = catalogue_with({AddColumn{.table = "packages", .column = {.name = "note", .type = text()}}});
    std::vector<Migration> migrations{both.migrations().begin(), both.migrations().end()};
    for (auto const& [name, type] : std::vector<std::pair<std::string, Type>>{{"code", declared("VARCHAR( 40 )")},
                                                                              {"price", numeric("10,2")},
                                                                              {"many", numeric()},
                                                                              {"weight", real()},
                                                                              {"seen", timestamp()},
                                                                              {"day", date()},
                                                                              {"picture", blob()},
                                                                              {"open", boolean()},
                                                                              {"more", json()},
                                                                              {"small", declared("INT2")},
                                                                              {"letter", declared("char")},
                                                                              {"half", declared("decimal(5)")}})
        migrations[0].operations.push_back(AddColumn{.table = "packages", .column = {.name = name, .type = type}});
    migrations[0].operations.push_back(RenameColumn{.table = "packages", .from = "code", .to = "token"});
    World world{Plan{both.name(), migrations}.until("1.0")};
    world.contract();
    Asked session{world.database};
    Evolver newer{session.db, Plan{both.name(), migrations}};
    (void)newer.dry_run();
    auto const change = [&](std::string const& column, std::string const& type) {
        // On SQLite a type is changed by hand by making the column anew.
        if (Database::engine() == Engine::postgresql) {
            world.old.run("ALTER TABLE packages ALTER COLUMN " + column + " TYPE " + type);
        } else {
            world.old.run("ALTER TABLE packages DROP COLUMN " + column);
            world.old.run("ALTER TABLE packages ADD COLUMN " + column + " " + type);
        }
    };
    for (auto const& [column, is, was] :
         std::vector<std::array<std::string, 3>>{{"token", "varchar(41)", "VARCHAR(40)"},
                                                 {"price", "numeric(10,3)", "NUMERIC(10,2)"},
                                                 {"small", "int8", "INT2"}}) {
        CAPTURE(column);
        change(column, is);
        CHECK(has(message_of([&] { newer.expand(); }), "packages." + column));
        CHECK_THROWS_AS(newer.expand(), DriftError);
        change(column, was);
    }
    newer.expand();
}

TEST_CASE("drift: neither contract nor rollback goes on over it") {
    Drifted drifted{"ALTER TABLE packages DROP COLUMN note", true};
    auto& evolver = drifted.world.evolver;
    ContractOptions const now{.override_gates = {{"soak", "a test"}, {"processes", "the test's own"}}};
    CHECK(has(message_of([&] { evolver.contract(now); }), "packages.note"));
    CHECK_THROWS_AS(evolver.contract(now), DriftError);
    CHECK_THROWS_AS(evolver.rollback({.migration = "0002-change"}), DriftError);
    CHECK(evolver.status().migrations[1].phase == Phase::expanded);
    // Once it is as it was, both do.
    drifted.world.old.run("ALTER TABLE packages ADD COLUMN note TEXT");
    evolver.rollback({.migration = "0002-change"});
    evolver.expand();
    drifted.world.contract();
    CHECK(evolver.status().migrations[1].phase == Phase::contracted);
}

TEST_CASE("drift: what the application has made beside the plan is its own affair") {
    Drifted drifted{"CREATE TABLE mine (a INTEGER)"};
    drifted.world.old.run("CREATE INDEX mine_a ON mine (a)");
    drifted.world.old.run("CREATE INDEX extra ON packages (size)");
    drifted.world.old.run("ALTER TABLE packages ADD COLUMN extra TEXT");
    drifted.world.evolver.expand();
    drifted.world.contract();
    CHECK(drifted.world.old.rows("SELECT count(*) FROM packages") == "5");
}

TEST_CASE("drift: an index that has gone with its column is none") {
    auto const both = catalogue_with({DropColumn{.table = "packages", .column = "size", .down = "NULL"}});
    std::vector<Migration> migrations{both.migrations().begin(), both.migrations().end()};
    migrations[0].operations.push_back(
        CreateIndex{.name = "packages_size", .table = "packages", .columns = {"name", "size"}});
    migrations.push_back({.id = "0003-note",
                          .release = "3.0",
                          .operations = {AddColumn{.table = "packages", .column = {.name = "note", .type = text()}}}});
    Plan const plan{both.name(), std::move(migrations)};
    World world{plan.until("2.0")};
    world.evolver.expand();
    world.contract();
    Asked session{world.database};
    Evolver newer{session.db, plan};
    newer.expand();
    CHECK(newer.status().migrations[2].phase == Phase::expanded);
}

TEST_CASE("drift: an index of another column is missed, though a column has gone since") {
    auto const both = catalogue_with({DropColumn{.table = "packages", .column = "size", .down = "NULL"}});
    std::vector<Migration> migrations{both.migrations().begin(), both.migrations().end()};
    migrations[0].operations.push_back(CreateIndex{.name = "packages_name", .table = "packages", .columns = {"name"}});
    migrations.push_back({.id = "0003-note",
                          .release = "3.0",
                          .operations = {AddColumn{.table = "packages", .column = {.name = "note", .type = text()}}}});
    Plan const plan{both.name(), std::move(migrations)};
    World world{plan.until("2.0")};
    world.evolver.expand();
    world.contract();
    world.old.run("DROP INDEX packages_name");
    Asked session{world.database};
    Evolver newer{session.db, plan};
    CHECK(has(message_of([&] { newer.expand(); }), "packages_name"));
}

TEST_SUITE_END();
