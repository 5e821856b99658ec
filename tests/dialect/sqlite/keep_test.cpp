#include "compile/compiler.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace evolver;

namespace {

/// A table with a key, a unique column, and a column `note` that only the new release knows.
Plan plan_with(Replaced replaced, bool without_rowid = false) {
    CreateTable table{.table = "t",
                      .columns = {{.name = "id", .type = integer(), .nullable = false},
                                  {.name = "code", .type = text()},
                                  {.name = "x", .type = text()}}};
    table.primary_key = {"id"};
    table.unique_keys = {{.columns = {"code"}}};
    table.without_rowid = without_rowid;
    return Plan{"kept",
                {Migration{.id = "1", .release = "1.0", .operations = {table}},
                 Migration{.id = "2",
                           .release = "2.0",
                           .operations = {AddColumn{.table = "t",
                                                    .column = {.name = "note", .type = text(), .default_value = "'-'"},
                                                    .when_replaced = replaced}}}}};
}

/// A database with release 1.0's table, three rows, and then the column of release 2.0 with a value in each.
struct Database {
    explicit Database(Replaced replaced, bool without_rowid = false) {
        auto const plan = plan_with(replaced, without_rowid);
        Compiler compiler{plan, {}, raw.connection()};
        apply(compiler.expand());
        raw.run("CREATE TABLE evolver_kept (id INTEGER, part INTEGER, value)");
        raw.run("INSERT INTO t (id, code, x) VALUES (1, 'a', 'x1'), (2, 'b', 'x2'), (3, 'c', 'x3')");
        apply(compiler.expand());
        raw.run("UPDATE t SET note = 'note of ' || id");
    }
    void apply(Compiled const& compiled) const {
        for (auto const& step : compiled.steps) {
            for (auto const& sql : step.sql) raw.run(sql);
        }
    }
    [[nodiscard]] std::string note(std::int64_t id) const {
        return raw.connection().text("SELECT note FROM t WHERE id = " + std::to_string(id));
    }
    testing::RawSqlite raw{":memory:"};
};

}  // namespace

TEST_SUITE("dialect/sqlite/keep") {
    TEST_CASE("an old program's REPLACE resets a column that it does not know, unless the plan keeps it") {
        Database const reset{Replaced::reset};
        reset.raw.run("INSERT OR REPLACE INTO t (id, code, x) VALUES (1, 'a', 'new')");
        CHECK(reset.note(1) == "-");

        Database const kept{Replaced::kept};
        kept.raw.run("INSERT OR REPLACE INTO t (id, code, x) VALUES (1, 'a', 'new')");
        CHECK(kept.note(1) == "note of 1");
        CHECK(kept.raw.connection().text("SELECT x FROM t WHERE id = 1") == "new");
    }

    TEST_CASE("a row that is replaced by way of a unique key hands its value to the new key") {
        for (bool const without_rowid : {false, true}) {
            CAPTURE(without_rowid);
            Database const database{Replaced::kept, without_rowid};
            database.raw.run("REPLACE INTO t (id, code, x) VALUES (9, 'b', 'new')");
            CHECK(database.note(9) == "note of 2");
            CHECK(database.raw.integer("SELECT count(*) FROM t") == 3);
        }
        // The trigger that comes to mind first looks for the primary key only.
        Database const simple{Replaced::reset};
        simple.raw.run(
            "CREATE TRIGGER note BEFORE INSERT ON t BEGIN INSERT INTO evolver_kept SELECT id, 1, note FROM t WHERE id "
            "= "
            "NEW.id; END");
        simple.raw.run(
            "CREATE TRIGGER restore AFTER INSERT ON t BEGIN UPDATE t SET note = (SELECT value FROM evolver_kept WHERE "
            "id = NEW.id) WHERE id IN (SELECT id FROM evolver_kept) AND id = NEW.id; END");
        simple.raw.run("REPLACE INTO t (id, code, x) VALUES (1, 'a', 'new')");
        CHECK(simple.note(1) == "note of 1");
        simple.raw.run("REPLACE INTO t (id, code, x) VALUES (9, 'b', 'new')");
        CHECK(simple.note(9) == "-");
    }

    TEST_CASE("an insert that is ignored or becomes an update leaves nothing for the next one") {
        Database const database{Replaced::kept};
        database.raw.run("INSERT OR IGNORE INTO t (id, code, x) VALUES (1, 'zzz', 'lost')");
        database.raw.run("INSERT INTO t (id, code, x) VALUES (10, 'j', 'fresh')");
        CHECK(database.note(10) == "-");
        database.raw.run(
            "INSERT INTO t (id, code, x) VALUES (11, 'c', 'y') ON CONFLICT (code) DO UPDATE SET x = excluded.x");
        database.raw.run("INSERT INTO t (id, code, x) VALUES (12, 'k', 'fresh')");
        CHECK(database.note(12) == "-");
        CHECK(database.note(3) == "note of 3");
    }

    TEST_CASE("a row whose key is the number that SQLite shows for a key not yet chosen hands nothing on") {
        Database const database{Replaced::kept};
        database.raw.run("INSERT INTO t (id, code, x, note) VALUES (-1, 'm', 'minus', 'note of minus one')");
        database.raw.run("INSERT INTO t (code, x) VALUES ('fresh', 'y')");
        CHECK(database.raw.connection().text("SELECT note FROM t WHERE code = 'fresh'") == "-");
        CHECK(database.note(-1) == "note of minus one");
    }

    TEST_CASE("a value that the statement itself gives is not overwritten") {
        Database const database{Replaced::kept};
        database.raw.run("INSERT OR REPLACE INTO t (id, code, x, note) VALUES (1, 'a', 'new', 'mine')");
        CHECK(database.note(1) == "mine");
    }

    TEST_CASE("one statement that replaces many rows keeps each row's own value") {
        Database const database{Replaced::kept};
        database.raw.run("INSERT OR REPLACE INTO t (id, code, x) SELECT id, code, 'all' FROM t");
        for (std::int64_t id = 1; id <= 3; ++id) CHECK(database.note(id) == "note of " + std::to_string(id));
    }

    TEST_CASE("rollback and contract take the triggers away") {
        auto const plan = plan_with(Replaced::kept);
        auto const count = "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'";
        Database database{Replaced::kept};
        CHECK(database.raw.integer(count) == 2);
        Compiler undo{plan, {0, 2}, database.raw.connection()};
        database.apply(undo.undo());
        CHECK(database.raw.integer(count) == 0);

        Database contracted{Replaced::kept};
        Compiler contract{plan, {0, 2}, contracted.raw.connection()};
        contracted.apply(contract.contract());
        CHECK(contract.removes(1));
        contracted.apply(contract.contract());
        CHECK(contracted.raw.integer(count) == 0);
    }
}
