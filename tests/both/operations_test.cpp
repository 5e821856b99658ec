// Operations without rules of their own: what old programs have until contract, and what the new release has from expand on.

#include "both/world.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::testing;

TEST_SUITE_BEGIN("both/operations");

TEST_CASE("DropCheck: the check holds until contract, and no longer") {
    auto made = packages_migration();
    std::get<CreateTable>(made.operations[0]).checks = {{.name = "sized", .condition = "size <> ''"}};
    World world{Plan{
        "catalogue",
        {made,
         Migration{.id = "0002", .release = "2.0", .operations = {DropCheck{.table = "packages", .name = "sized"}}}}}};
    world.evolver.expand();
    CHECK_THROWS(world.old.run("UPDATE packages SET size = '' WHERE id = 1"));
    world.contract();
    world.old.run("UPDATE packages SET size = '' WHERE id = 1");
}

TEST_CASE("DropForeignKey: by its name, or by its columns where it was made without one") {
    CreateTable const sections{.table = "sections",
                               .columns = {{.name = "id", .type = integer(), .primary_key = true}}};
    for (std::string const name : {"", "of_section"}) {
        auto made = packages_migration();
        auto& table = std::get<CreateTable>(made.operations[0]);
        table.columns.push_back({.name = "section", .type = integer()});
        table.foreign_keys = {{.name = name, .columns = {"section"}, .table = "sections"}};
        made.operations.insert(made.operations.begin(), sections);
        DropForeignKey dropped{.table = "packages"};
        if (name.empty())
            dropped.columns = {"section"};
        else
            dropped.name = name;
        World world{Plan{"catalogue", {made, Migration{.id = "0002", .release = "2.0", .operations = {dropped}}}}};
        world.evolver.expand();
        CHECK_THROWS(world.old.run("UPDATE packages SET section = 7"));
        world.contract();
        world.old.run("UPDATE packages SET section = 7");
    }
}

TEST_CASE("What a release has made and contracted, a later one drops: a foreign key and an index") {
    auto made = packages_migration();
    auto& table = std::get<CreateTable>(made.operations[0]);
    table.columns.push_back({.name = "section", .type = integer()});
    table.foreign_keys = {{.name = "of_section", .columns = {"section"}, .table = "sections"}};
    made.operations.insert(
        made.operations.begin(),
        CreateTable{.table = "sections", .columns = {{.name = "id", .type = integer(), .primary_key = true}}});
    made.operations.push_back(CreateIndex{.name = "by_size", .table = "packages", .columns = {"size"}});
    Plan const plan{"catalogue",
                    {made, Migration{.id = "0002",
                                     .release = "2.0",
                                     .operations = {DropForeignKey{.table = "packages", .name = "of_section"},
                                                    DropIndex{.name = "by_size"}}}}};
    World world{plan};
    ContractOptions const now{.override_gates = {{"soak", "a test"}, {"processes", "the test's own"}}};
    {
        Asked first{world.database};
        Evolver one{first.db, plan.until("1.0"), {.release = "1.0"}};
        one.backfill();
        one.reconcile();
        one.contract(now);
    }
    world.evolver.expand();
    CHECK_THROWS(world.old.run("UPDATE packages SET section = 7"));
    CHECK(world.database.indexes("packages") == "by_size");
    world.contract();
    world.old.run("UPDATE packages SET section = 7");
    CHECK(world.database.indexes("packages") == "");
}

TEST_CASE("DropUnique: a constraint, and an index") {
    for (bool const as_index : {false, true}) {
        auto made = packages_migration();
        if (as_index)
            made.operations.push_back(
                CreateIndex{.name = "one_of_a_name", .table = "packages", .columns = {"name"}, .unique = true});
        else
            std::get<CreateTable>(made.operations[0]).unique_keys = {{.columns = {"name"}}};
        World world{Plan{"catalogue",
                         {made, Migration{.id = "0002",
                                          .release = "2.0",
                                          .operations = {DropUnique{.table = "packages", .columns = {"name"}}}}}}};
        world.evolver.expand();
        CHECK_THROWS(world.old.run("UPDATE packages SET name = 'same'"));
        world.contract();
        world.old.run("UPDATE packages SET name = 'same'");
    }
}

TEST_CASE(
    "Views: a new one is there from expand on, one that goes or shows something else is as it was until contract") {
    auto made = packages_migration();
    made.operations.push_back(CreateView{.name = "names", .query = "SELECT name FROM packages"});
    made.operations.push_back(CreateView{.name = "gone", .query = "SELECT id FROM packages"});
    World world{Plan{
        "catalogue",
        {made,
         Migration{.id = "0002",
                   .release = "2.0",
                   .operations = {CreateView{.name = "sizes", .query = "SELECT size FROM packages"},
                                  ReplaceView{.name = "names", .query = "SELECT id, upper(name) AS name FROM packages"},
                                  DropView{.name = "gone"}}}}}};
    world.evolver.expand();
    CHECK(world.old.rows("SELECT * FROM sizes WHERE size = '20'") == "20");
    CHECK(world.old.rows("SELECT * FROM names WHERE name LIKE '%2'") == "package-2");
    CHECK(world.old.rows("SELECT count(*) FROM gone") == "5");
    world.contract();
    CHECK(world.old.rows("SELECT id, name FROM names WHERE name LIKE '%2'") == "2|PACKAGE-2");
    CHECK_THROWS(world.old.run("SELECT count(*) FROM gone"));
}

TEST_CASE("Views: rollback takes a new one away and leaves the others") {
    auto made = packages_migration();
    made.operations.push_back(CreateView{.name = "names", .query = "SELECT name FROM packages"});
    World world{
        Plan{"catalogue",
             {made, Migration{.id = "0002",
                              .release = "2.0",
                              .operations = {CreateView{.name = "sizes", .query = "SELECT size FROM packages"},
                                             ReplaceView{.name = "names", .query = "SELECT id FROM packages"}}}}}};
    world.evolver.expand();
    world.evolver.rollback({.migration = "0002"});
    CHECK_THROWS(world.old.run("SELECT * FROM sizes"));
    CHECK(world.old.rows("SELECT * FROM names WHERE name LIKE '%2'") == "package-2");
}

TEST_CASE("Backfill: fills the rows that `where` is for, once, and what old programs write behind it stays") {
    World world{
        {AddColumn{.table = "packages", .column = {.name = "section", .type = text()}},
         Backfill{.table = "packages", .set = {{"section", "'s' || size"}}, .where = "section IS NULL AND id > 1"}}};
    world.evolver.expand();
    CHECK(world.old.rows("SELECT count(*) FROM packages WHERE section IS NOT NULL") == "0");
    world.evolver.backfill();
    CHECK(world.old.rows("SELECT id, section FROM packages ORDER BY id") == "1|NULL; 2|s20; 3|s30; 4|s40; 5|s50");
    world.old.run("UPDATE packages SET section = NULL WHERE id = 2");
    world.contract();
    CHECK(world.old.rows("SELECT section FROM packages WHERE id = 2") == "NULL");
    CHECK(world.evolver.status().migrations[1].rows_filled == 4);
}

TEST_CASE("Backfill: what it writes into an old column is carried to the new one, and a new one is no business of it") {
    ChangeType const bytes{.table = "packages",
                           .from = "size",
                           .to = "bytes",
                           .type = integer(),
                           .up = "CAST(size AS INTEGER)",
                           .down = "CAST(bytes AS TEXT)"};
    World world{{Backfill{.table = "packages", .set = {{"size", "'7'"}}, .where = "size = '10'"}, bytes}};
    world.evolver.expand();
    world.evolver.backfill();
    CHECK(world.old.rows("SELECT size, bytes FROM packages ORDER BY id") == "7|7; 20|20; 30|30; 40|40; 50|50");
    world.contract();
    CHECK(world.old.rows("SELECT bytes FROM packages ORDER BY id") == "7; 20; 30; 40; 50");
    auto const words = message_of([&] {
        World other{{bytes, Backfill{.table = "packages", .set = {{"bytes", "1"}}, .where = "bytes IS NULL"}}};
        other.evolver.expand();
    });
    CHECK(has(words, "column \"bytes\" is filled by migration \"0002-change\", which is open"));
}

TEST_CASE("A new name takes along what is made for it in the same migration: index, check, key and NOT NULL") {
    CreateTable const sections{.table = "sections", .columns = {{.name = "id", .type = text(), .primary_key = true}}};
    auto made = packages_migration();
    made.operations.push_back(sections);
    World world{Plan{
        "catalogue",
        {made,
         Migration{.id = "0002",
                   .release = "2.0",
                   .operations = {
                       RenameColumn{.table = "packages", .from = "size", .to = "section"},
                       CreateIndex{.name = "by_section", .table = "packages", .columns = {"section"}},
                       AddUnique{.table = "packages", .name = "one_of_a_section", .columns = {"section", "name"}},
                       SetNotNull{.table = "packages", .column = "section"},
                       AddCheck{.table = "packages", .name = "sectioned", .condition = "section <> ''"},
                       AddForeignKey{.table = "packages", .key = {.columns = {"section"}, .table = "sections"}}}}}}};
    world.old.run("INSERT INTO sections VALUES ('10'), ('20'), ('30'), ('40'), ('50'), ('')");
    world.evolver.expand();
    world.contract();
    CHECK_THROWS(world.old.run("UPDATE packages SET section = NULL WHERE id = 1"));
    CHECK_THROWS(world.old.run("UPDATE packages SET section = '' WHERE id = 1"));
    CHECK_THROWS(world.old.run("UPDATE packages SET section = '60' WHERE id = 1"));
    CHECK_THROWS(world.old.run("UPDATE packages SET section = '20', name = 'package-2' WHERE id = 1"));
    CHECK(world.old.rows(Database::engine() == Engine::sqlite
                             ? "SELECT name FROM pragma_index_list('packages') WHERE origin = 'c' ORDER BY name"
                             : "SELECT indexname FROM pg_indexes WHERE tablename = 'packages' AND indexname NOT LIKE "
                               "'%pkey' ORDER BY 1") == "by_section; one_of_a_section");
}

TEST_SUITE_END();
