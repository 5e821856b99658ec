// An index in small batches, beside everybody.

#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/soci_handle.hpp"
#include "evolver/schema/digest.hpp"
#include "support/application.hpp"
#include "support/raw_sqlite.hpp"
#include "support/rows.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto things =
    "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL, section TEXT COLLATE NOCASE, weight REAL, code "
    "TEXT "
    "UNIQUE)";

std::string fill(int rows) {
    return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(rows) +
           ") INSERT INTO things SELECT i, 'name-' || (i * 7919 % 1009), CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN "
           "'Main' "
           "ELSE 'extra' || (i % 17) END, i % 40 * 0.5, 'c' || i FROM n";
}

/// To evolver the table looks as if CREATE INDEX would take seconds.
constexpr auto looks_large =
    "ANALYZE; DELETE FROM sqlite_stat1 WHERE tbl = 'things'; INSERT INTO sqlite_stat1 VALUES ('things', NULL, "
    "'9000000')";

/// No test cuts the power.
constexpr auto quick = " timeout=10 synchronous=OFF";

struct Database {
    explicit Database(std::string const& table = things, std::string const& rows = fill(3000))
        : path{folder.database()} {
        RawSqlite const made{path};
        made.connection().run("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
        made.connection().run(table);
        made.connection().run(rows);
        made.connection().run(looks_large);
    }

    Folder folder;
    std::string path;
};

Plan plan_of(CreateIndex index) {
    index.lock = Lock::online;
    return Plan{"things", {Migration{.id = "0001-index", .release = "1.0", .operations = {index}}}};
}

CreateIndex by_name() { return {.name = "by_name", .table = "things", .columns = {"name"}}; }
CreateIndex by_section() {
    return {.name = "by_section",
            .table = "things",
            .columns = {IndexPart{Expression{"section"}, true, Order::descending}}};
}

bool is_there(RawSqlite const& raw, std::string const& name) {
    return raw.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name = '" + name + "'") == 1;
}

std::string left(RawSqlite const& raw) {
    return support::rows(
        raw.connection(),
        "SELECT name FROM sqlite_schema WHERE name LIKE 'evolver\\_index\\_%' ESCAPE '\\' OR name LIKE "
        "'evolver\\_noted\\_%' ESCAPE '\\'");
}

std::string sound(RawSqlite const& raw) { return support::rows(raw.connection(), "PRAGMA integrity_check"); }

/// Small steps until the holder has something, and is not done.
void begin(Evolver& evolver, RawSqlite const& raw) {
    for (int i = 0; i < 200; ++i) {
        REQUIRE(evolver.advance(500us));
        if (raw.integer("SELECT count(*) FROM evolver_index") == 1 && raw.integer("SELECT rows FROM evolver_index") > 0)
            return;
    }
    FAIL("the build does not begin");
}

template <class Thrown, class Work>
std::string words_of(Work const& work) {
    try {
        work();
    } catch (Thrown const& error) {
        return std::string{error.what()} + " | " + error.instead();
    }
    return {};
}

}  // namespace

TEST_SUITE("face/online_index") {
    TEST_CASE("an index on a large table is built in batches after expand, and is what CREATE INDEX makes") {
        for (auto const& index : {by_name(), by_section()}) {
            CAPTURE(index.name.text());
            Database const database;
            RawSqlite const raw{database.path};
            Application application{database.path, plan_of(index), {}, quick};
            application.evolver.expand();
            CHECK_FALSE(is_there(raw, index.name.text()));
            CHECK_FALSE(application.evolver.status().migrations.front().filled);
            application.evolver.backfill();
            CHECK(is_there(raw, index.name.text()));
            application.evolver.audit([&](AuditEntry const& entry) {
                if (entry.event != "index built") return;
                CHECK(entry.schema_before != entry.schema_after);
                CHECK(entry.schema_after == digest_of(sqlite::inspect(raw.connection()), Engine::sqlite));
            });
            CHECK(sound(raw) == "'ok'");
            CHECK(left(raw) == "");
            auto const made =
                raw.connection().text("SELECT sql FROM sqlite_schema WHERE name = '" + index.name.text() + "'");
            raw.run("DROP INDEX " + index.name.text());
            raw.run(made);
            CHECK(raw.connection().text("SELECT sql FROM sqlite_schema WHERE name = '" + index.name.text() + "'") ==
                  made);
            CHECK_FALSE(application.evolver.advance(1ms));
        }
    }

    TEST_CASE("every way to write while it is built ends in the index") {
        for (auto const& index : {by_name(), by_section(),
                                  CreateIndex{.name = "by_weight",
                                  .table = "things",
                                  .columns = {IndexPart{Expression{"weight"}, true, Order::descending},
                                              IndexPart{Expression{"upper(name)"}, false}, "section"},
                                  .where = "section IS NOT NULL -- the others are never looked for"}}) {
            CAPTURE(index.name.text());
            Database const database;
            RawSqlite const raw{database.path};
            raw.run(
                "CREATE TRIGGER mine AFTER INSERT ON things BEGIN UPDATE things SET name = NEW.name || '!' WHERE id = "
                "NEW.id; END");
            Application application{database.path, plan_of(index), {}, quick};
            application.evolver.expand();
            begin(application.evolver, raw);
            for (std::string const sql : {"INSERT INTO things VALUES (9001, 'new', NULL, 1, 'n')",
                                          "INSERT OR REPLACE INTO things VALUES (9002, 'takes 5', 'main', 2, 'c5')",
                                          "INSERT OR REPLACE INTO things VALUES (6, 'takes 6 and 7', 'MAIN', 3, 'c7')",
                                          "UPDATE OR REPLACE things SET code = 'c9', name = 'takes 9' WHERE id = 8",
                                          "INSERT OR IGNORE INTO things VALUES (10, 'is not there', NULL, 1, 'c10')",
                                          "INSERT INTO things VALUES (11, 'up', 'x', 1, 'c11') ON CONFLICT (id) DO "
                                          "UPDATE SET name = excluded.name, "
                                          "section = NULL",
                                          "UPDATE things SET id = id + 20000 WHERE id BETWEEN 100 AND 140",
                                          "UPDATE things SET section = 'MAIN' WHERE section = 'main' AND id < 300",
                                          "UPDATE things SET weight = NULL, name = name || 'x' WHERE id % 11 = 0",
                                          "DELETE FROM things WHERE id % 13 = 0"}) {
                raw.connection().run(sql);
            }
            while (application.evolver.advance(5ms)) {
            }
            CHECK(is_there(raw, index.name.text()));
            CHECK(sound(raw) == "'ok'");
            CHECK(left(raw) == "");
            auto const covered = [&](std::string const& how) {
                return support::rows(raw.connection(), "SELECT quote(section) AS s, count(*) FROM things " + how +
                                                           " WHERE section IS NOT NULL GROUP BY s");
            };
            CHECK(covered("INDEXED BY " + index.name.text()) == covered("NOT INDEXED"));
        }
    }

    TEST_CASE("a build whose process is gone goes on where it stopped") {
        Database const database;
        RawSqlite const raw{database.path};
        std::int64_t rows = 0;
        {
            Application application{database.path, plan_of(by_section()), {}, quick};
            application.evolver.expand();
            begin(application.evolver, raw);
            rows = raw.integer("SELECT rows FROM evolver_index");
        }
        raw.run("UPDATE things SET section = 'later' WHERE id % 5 = 0");
        Application other{database.path, plan_of(by_section()), {}, quick};
        REQUIRE(other.evolver.advance(1us));
        CHECK(raw.integer("SELECT rows FROM evolver_index") >= rows);
        other.evolver.backfill();
        CHECK(is_there(raw, "by_section"));
        CHECK(sound(raw) == "'ok'");
    }

    TEST_CASE("the last row may go while the build compares") {
        Database const database;
        RawSqlite const raw{database.path};
        Application application{database.path, plan_of(by_section()), {}, quick};
        application.evolver.expand();
        begin(application.evolver, raw);
        raw.run("DELETE FROM things WHERE id = 3000");
        application.evolver.backfill();
        CHECK(is_there(raw, "by_section"));
        CHECK(sound(raw) == "'ok'");
    }

    TEST_CASE("VACUUM renumbers hidden rowids: the build starts over, and the index is right") {
        Database const database{
            "CREATE TABLE things (id INTEGER, name TEXT NOT NULL, section TEXT, weight REAL, code TEXT)"};
        RawSqlite const raw{database.path};
        raw.run("DELETE FROM things WHERE id % 2 = 0");
        Application application{database.path, plan_of(by_name()), {}, quick};
        application.evolver.expand();
        begin(application.evolver, raw);
        raw.run("VACUUM");
        raw.run("UPDATE things SET name = 'after' WHERE id = 7");
        application.evolver.backfill();
        CHECK(is_there(raw, "by_name"));
        CHECK(sound(raw) == "'ok'");
    }

    TEST_CASE("a rollback in mid-build leaves nothing but what is taken away in slices") {
        Database const database;
        RawSqlite const raw{database.path};
        Application application{database.path, plan_of(by_section()), {}, quick};
        application.evolver.expand();
        begin(application.evolver, raw);
        application.evolver.rollback({.migration = "0001-index"});
        CHECK(left(raw) == "");
        CHECK(raw.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'things'") == 0);
        CHECK(raw.integer("SELECT count(*) FROM evolver_index") == 0);
        CHECK(raw.integer("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'evolver\\_trash\\_%' ESCAPE '\\'") == 2);
        application.evolver.expand();
        application.evolver.backfill();
        CHECK(is_there(raw, "by_section"));
    }

    TEST_CASE("a unique index is refused in words while rows share their values, and made once they are mended") {
        Database const database;
        RawSqlite const raw{database.path};
        auto index = by_name();
        index.unique = true;
        index.where = "id < 900";
        raw.run("UPDATE things SET name = 'twin' WHERE id IN (40, 41)");
        Application application{database.path, plan_of(index), {}, quick};
        application.evolver.expand();
        auto const words = words_of<Error>([&] { application.evolver.backfill(); });
        CHECK(has(words, "by_name is unique"));
        CHECK(has(words, "HAVING count(*) > 1"));
        CHECK_FALSE(is_there(raw, "by_name"));
        raw.run("UPDATE things SET name = 'single' WHERE id = 41");
        application.evolver.backfill();
        CHECK(is_there(raw, "by_name"));
        CHECK(sound(raw) == "'ok'");
        CHECK_THROWS_AS(raw.run("UPDATE things SET name = 'single' WHERE id = 40"), Error);
    }

    TEST_CASE("a writer without triggers is found out: the index is not made, and the next build is right") {
        Database const database;
        RawSqlite const raw{database.path};
        Application application{database.path, plan_of(by_name()), {}, quick};
        application.evolver.expand();
        begin(application.evolver, raw);
        raw.connection().enable_triggers(false);
        raw.run("UPDATE things SET name = 'behind its back' WHERE id = 1500");
        raw.connection().enable_triggers(true);
        auto const words = words_of<Error>([&] { application.evolver.backfill(); });
        CHECK(has(words, "differs from the table things"));
        CHECK_FALSE(is_there(raw, "by_name"));
        CHECK(left(raw) == "");
        application.evolver.backfill();
        CHECK(is_there(raw, "by_name"));
        CHECK(sound(raw) == "'ok'");
    }

    TEST_CASE("a defensive connection is refused before the first write") {
        Database const database;
        Application application{database.path, plan_of(by_name()), {}, quick};
        auto const before = bytes_of(database.path);
        make_defensive(sqlite::handle_of(application.db));
        auto const words = words_of<PlanError>([&] { application.evolver.expand(); });
        CHECK(has(words, "SQLITE_DBCONFIG_DEFENSIVE"));
        CHECK(has(words, "Lock::in_window"));
        CHECK(bytes_of(database.path) == before);
    }

    TEST_CASE("on a small table it is made at once") {
        Database const database;
        RawSqlite const raw{database.path};
        raw.run("UPDATE sqlite_stat1 SET stat = '3000'");
        Application application{database.path, plan_of(by_name()), {}, quick};
        application.evolver.expand();
        CHECK(is_there(raw, "by_name"));
    }

    TEST_CASE("a dry run shows the build with the lock of a batch, and writes nothing") {
        Database const database;
        Application application{database.path, plan_of(by_name()), {}, quick};
        auto const before = bytes_of(database.path);
        auto const report = application.evolver.dry_run();
        REQUIRE(report.steps.size() == 1);
        CHECK(report.steps[0].what == "build index by_name in small batches");
        CHECK(report.steps[0].estimate <= 50ms);
        CHECK(report.steps[0].rows == 9'000'000);
        CHECK(bytes_of(database.path) == before);
    }
}
