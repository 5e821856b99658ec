// A table under two names: the old release knows one, the new release the other.

#include "support/application.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::testing;

namespace {

/// Everything of a table changes: its name, a column's name and type, a rule, a column more and one less.
Plan parcels() {
    return Plan{"catalogue",
                {packages_migration(),
                 Migration{.id = "0002-parcels",
                           .release = "2.0",
                           .operations = {ChangeType{.table = "packages",
                                                     .from = "size",
                                                     .to = "bytes",
                                                     .type = integer(),
                                                     .up = "CAST(size AS INTEGER)",
                                                     .down = "CAST(bytes AS TEXT)"},
                                          RenameTable{.from = "packages", .to = "parcels"},
                                          RenameColumn{.table = "parcels", .from = "name", .to = "title"},
                                          AddColumn{.table = "parcels", .column = {.name = "note", .type = text()}},
                                          AddCheck{.table = "parcels", .name = "sized", .condition = "bytes >= 0"},
                                          AddUnique{.table = "parcels", .name = "one", .columns = {"title"}}}},
                 Migration{.id = "0003-again",
                           .release = "3.0",
                           .operations = {RenameTable{.from = "parcels", .to = "goods"},
                                          DropCheck{.table = "goods", .name = "sized"},
                                          ChangeType{.table = "goods",
                                                     .from = "bytes",
                                                     .to = "weight",
                                                     .type = real(),
                                                     .up = "bytes / 10.0",
                                                     .down = "CAST(weight * 10 AS INTEGER)"}}}}};
}

struct New {
    explicit New(std::string const& path, Plan const& plan, std::string const& table, std::string column)
        : application{path, plan}, live{application.evolver.table(table)}, number{std::move(column)} {}

    void insert(long long id, std::string const& title, long long value) {
        application.db << live.insert({"id", "title", number}), soci::use(id, "id"), soci::use(title, "title"),
            soci::use(value, number);
    }
    std::string read(long long id) {
        std::string found;
        application.db << "SELECT title || '/' || CAST(" + number + " AS INTEGER) FROM (" +
                              live.select({"id", "title", number}) + ") WHERE id = :id",
            soci::into(found), soci::use(id, "id");
        return found;
    }

    Application application;
    LiveTable live;
    std::string number;
};

void finish(Evolver& evolver) {
    evolver.backfill();
    evolver.reconcile();
    evolver.contract({.override_gates = {{"soak", "a test"}, {"processes", "the test's own"}}});
}

}  // namespace

TEST_SUITE_BEGIN("face/rename_table");

TEST_CASE("RenameTable: both releases use their own name of the table until contract and see each other's writes") {
    Folder const folder;
    make_catalogue(folder.database(), 5);
    New release{folder.database(), parcels().until("2.0"), "parcels", "bytes"};
    RawSqlite const old{folder.database()};
    int next = 10;
    auto const both = [&](std::string const& moment) {
        CAPTURE(moment);
        auto const id = ++next;
        auto const title = "t" + std::to_string(id);
        release.insert(id, title, 50);
        CHECK(old.connection().text("SELECT name || '/' || size FROM packages WHERE id = " + std::to_string(id)) ==
              title + "/50");
        release.application.db << release.live.update({{"bytes", "bytes + 5"}}) +
                                      " WHERE parcels.id = " + std::to_string(id);
        CHECK(old.connection().text("SELECT size FROM packages WHERE id = " + std::to_string(id)) == "55");
        old.run("UPDATE packages SET size = '70', name = name || '!' WHERE id = ?", {std::int64_t{id}});
        CHECK(release.read(id) == title + "!/70");
        release.application.db << release.live.remove() + " WHERE " + release.live.column("bytes") + " = 70";
        CHECK(old.connection().integer("SELECT count(*) FROM packages WHERE size = '70' AND id > 10") == 0);
        CHECK(release.read(3) == "package-3/30");
    };
    release.application.evolver.attach();
    both("before expand");
    release.application.evolver.expand();
    both("expanded");
    CHECK_THROWS_AS(release.insert(90, "x", -1), soci::soci_error);
    CHECK_THROWS_AS(release.insert(90, "package-2", 1), soci::soci_error);
    release.application.evolver.rollback({.migration = "0002-parcels"});
    both("rolled back");
    release.application.evolver.expand();
    release.application.evolver.backfill();
    both("filled");
    release.application.evolver.reconcile();
    both("switched");
    finish(release.application.evolver);
    CHECK(old.connection().text("SELECT group_concat(name) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE "
                                "'evolver_%' AND name NOT LIKE 'sqlite_%'") == "parcels");
    release.insert(91, "last", 7);
    CHECK(release.read(91) == "last/7");
    CHECK(release.read(3) == "package-3/30");
    CHECK_THROWS_AS(release.insert(92, "last", 7), soci::soci_error);
}

TEST_CASE("RenameTable: two open renames of one table contract one after the other, and all writes stay in step") {
    Folder const folder;
    make_catalogue(folder.database(), 5);
    New release{folder.database(), parcels(), "goods", "weight"};
    release.application.evolver.expand();
    RawSqlite const old{folder.database()};
    old.run("INSERT INTO packages (id, name, size) VALUES (20, 'old', '100')");
    CHECK(release.read(20) == "old/10");
    release.insert(21, "new", 3);
    CHECK(old.connection().text("SELECT size FROM packages WHERE id = 21") == "30");
    finish(release.application.evolver);
    CHECK(release.read(20) == "old/10");
    CHECK(release.read(21) == "new/3");
    CHECK(release.read(5) == "package-5/5");
    CHECK(old.connection().text("SELECT group_concat(name) FROM (SELECT name FROM pragma_table_info('goods') ORDER BY "
                                "name)") == "id,note,title,weight");
    CHECK(old.connection().integer("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND name LIKE "
                                   "'evolver_sync%'") == 0);
}

TEST_CASE("RenameTable: between the contract of a rename and that of what came after it old writes are carried on") {
    Folder const folder;
    make_catalogue(folder.database(), 3);
    {
        Application second{folder.database(), parcels().until("2.0"), {.release = "2.0"}};
        second.evolver.expand();
        finish(second.evolver);
    }
    New release{folder.database(), parcels(), "goods", "weight"};
    release.application.evolver.expand();
    RawSqlite const old{folder.database()};
    old.run("INSERT INTO parcels (id, title, bytes) VALUES (20, 'old', 100)");
    CHECK(release.read(20) == "old/10");
    old.run("UPDATE parcels SET bytes = 200 WHERE id = 20");
    CHECK(release.read(20) == "old/20");
    CHECK(old.connection().integer("SELECT sum(writes) FROM evolver_legacy") > 0);
    CHECK_THROWS_AS((void)release.application.evolver.table("parcels").select({"id"}).text(), AccessError);
    finish(release.application.evolver);
    CHECK(release.read(20) == "old/20");
}

TEST_SUITE_END();
