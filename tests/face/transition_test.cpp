// Transition: one text of the new release, right at every moment, beside programs that know the old shape only.

#include "fleet/child.hpp"
#include "support/application.hpp"
#include "support/pauses.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <set>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

struct New {
    explicit New(std::string const& path)
        : application{path, catalogue()}, packages{application.evolver.table("packages")} {}

    void insert(long long id, std::string const& title, long long bytes) {
        application.db << packages.insert({"id", "title", "size_bytes"}), soci::use(id, "id"),
            soci::use(title, "title"), soci::use(bytes, "size_bytes");
    }
    long long bytes(long long id) {
        long long found = -1;
        application.db << packages.select({"size_bytes"}) + " WHERE id = :id", soci::into(found), soci::use(id, "id");
        return found;
    }
    void grow(long long id, long long by) {
        application.db << packages.update({{"size_bytes", "size_bytes + :by"}}) + " WHERE " + packages.column("id") +
                              " = :id",
            soci::use(by, "by"), soci::use(id, "id");
    }
    Evolver& evolver() { return application.evolver; }

    Application application;
    LiveTable packages;
};

/// Of a table that the plan has not made.
Plan size_of_t() {
    return {"p",
            {Migration{.id = "1",
                       .release = "2.0",
                       .operations = {ChangeType{.table = "t",
                                                 .from = "size",
                                                 .to = "bytes",
                                                 .type = integer(),
                                                 .up = "CAST(size AS INTEGER)",
                                                 .down = "CAST(bytes AS TEXT)"}}}}};
}

std::string old_size(RawSqlite const& old, int id) {
    return old.connection().text("SELECT size FROM packages WHERE id = " + std::to_string(id));
}

}  // namespace

TEST_SUITE("face/transition") {
    TEST_CASE("a backfill visits every row from batch to batch, whatever kind of value its keys are") {
        // A checkpoint with an affinity would make a text of a number, which is behind all numbers, or a number of '1e3'.
        auto const number = "i";
        auto const text = "printf('%de3', i)";
        auto const rowid = "CREATE TABLE t (k, size TEXT)";
        auto const sorted = "CREATE TABLE t (k PRIMARY KEY, size TEXT) WITHOUT ROWID";
        for (auto const& [table, key] : {std::pair{sorted, number}, {sorted, text}, {rowid, text}}) {
            CAPTURE(table);
            CAPTURE(key);
            Folder const folder;
            RawSqlite const raw{folder.database()};
            raw.run(table);
            raw.run(std::string{"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
                                "INSERT INTO t SELECT "} +
                    key + ", i FROM n");
            Application application{folder.database(), size_of_t()};
            application.evolver.expand();
            application.evolver.backfill(Speed::full);
            CHECK(application.evolver.status().migrations[0].batches > 1);
            CHECK(raw.integer("SELECT count(*) FROM t WHERE bytes IS NOT size") == 0);
        }
    }

    TEST_CASE("a backfill along hidden rowids begins anew after VACUUM, which renumbers them") {
        struct Vacuum : Observer {
            explicit Vacuum(RawSqlite const& table) : raw{table} {}
            void on(Event const& event) override {
                if (event.kind == EventKind::batch && ++batches == 1) raw.run("VACUUM");
            }
            RawSqlite const& raw;
            int batches = 0;
        };
        Folder const folder;
        RawSqlite const raw{folder.database()};
        raw.run("CREATE TABLE t (k TEXT, size TEXT)");
        raw.run(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO t (rowid, k, "
            "size) SELECT i * 1000, i, i FROM n");
        Vacuum vacuum{raw};
        Application application{folder.database(), size_of_t(), {.observer = &vacuum}};
        application.evolver.expand();
        application.evolver.backfill(Speed::full);
        CHECK(raw.integer("SELECT max(rowid) FROM t") == 1000);
        CHECK(raw.integer("SELECT count(*) FROM t WHERE bytes IS NOT size") == 0);
    }

    TEST_CASE("LiveTable reads and writes the right shape at every stage") {
        for (bool const wal : {true, false}) {
            Folder const folder;
            make_catalogue(folder.database(), 300, wal);
            New release{folder.database()};
            RawSqlite const old{folder.database()};
            int next = 1000;
            // What holds as long as the old shape is there.
            auto const both = [&](std::string const& moment) {
                CAPTURE(moment);
                auto const id = ++next;
                release.insert(id, "title-" + std::to_string(id), 50);
                CHECK(old_size(old, id) == "50");
                CHECK(old.connection().text("SELECT name FROM packages WHERE id = " + std::to_string(id)) ==
                      "title-" + std::to_string(id));
                release.grow(id, 5);
                CHECK(old_size(old, id) == "55");
                old.run("UPDATE packages SET size = '70' WHERE id = ?", {std::int64_t{id}});
                CHECK(release.bytes(id) == 70);
                auto const other = ++next;
                old.run("INSERT INTO packages (id, name, size) VALUES (?, 'old', '33')", {std::int64_t{other}});
                CHECK(release.bytes(other) == 33);
                CHECK(release.bytes(7) == 70);
                std::string title;
                release.application.db << release.packages.select({"title"}) +
                                              " WHERE size_bytes > 69 AND size_bytes < 71 AND id < 100",
                    soci::into(title);
                CHECK(title == "package-7");
            };
            release.evolver().attach();
            both("before expand");
            release.evolver().expand();
            both("expanded");
            (void)release.evolver().advance(1us);
            both("filling");
            release.evolver().backfill();
            both("filled");
            release.evolver().reconcile();
            CHECK(release.evolver().status().migrations[1].stage == Stage::switched);
            both("switched");
            release.evolver().reconcile();
            release.evolver().contract(now());
            release.insert(9999, "after", 5);
            CHECK(release.bytes(9999) == 5);
            CHECK(release.bytes(7) == 70);
            release.grow(7, 1);
            CHECK(release.bytes(7) == 71);
        }
    }

    TEST_CASE("an old program that updates another column does not derive the new one again") {
        Folder const folder;
        RawSqlite{folder.database()}.run("PRAGMA journal_mode = WAL");
        make_catalogue(folder.database());
        New release{folder.database()};
        release.evolver().expand();
        release.evolver().backfill();
        RawSqlite const old{folder.database()};
        old.run("UPDATE packages SET size = '12 kB' WHERE id = 3");
        CHECK(release.bytes(3) == 12);
        old.run("UPDATE packages SET name = 'other' WHERE id = 3");
        CHECK(old_size(old, 3) == "12 kB");
        CHECK(release.bytes(3) == 12);
    }

    TEST_CASE("a column that the release does not have is refused with those it has") {
        Folder const folder;
        make_catalogue(folder.database());
        New release{folder.database()};
        release.evolver().expand();
        try {
            (void)release.packages.select({"size_byte"});
            FAIL("nothing was refused");
        } catch (AccessError const& error) {
            CHECK(has(error.what(), "size_byte"));
            CHECK(has(error.what(), "size_bytes"));
            CHECK(has(error.what(), "packages"));
        }
    }

    TEST_CASE("a select and an update of no column are refused in words") {
        Folder const folder;
        make_catalogue(folder.database());
        New release{folder.database()};
        release.evolver().expand();
        auto const words = [&](auto const& make) -> std::string {
            try {
                (void)make();
            } catch (AccessError const& error) {
                return error.what();
            }
            return "";
        };
        for (auto const& found : {words([&] { return release.packages.select({}); }),
                                  words([&] { return release.packages.select_columns({}); })}) {
            CHECK(has(found, "A select of no column of \"packages\" means nothing."));
            CHECK(has(found, "name at least one column"));
        }
        auto const update = words([&] { return release.packages.update({}); });
        CHECK(has(update, "An update of no column of \"packages\" means nothing."));
        CHECK(has(update, "name at least one column"));
    }

    TEST_CASE("backfill and reconcile before expand are refused with what to call first, and write nothing") {
        Folder const folder;
        RawSqlite const raw{folder.database()};
        raw.run("CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size TEXT)");
        auto const before = bytes_of(folder.database());
        Application application{folder.database(), catalogue()};
        auto const check = [&](auto const& call) {
            try {
                call();
                FAIL_CHECK("nothing was refused");
            } catch (HistoryError const& error) {
                CHECK(has(error.what(), "knows nothing of the plan \"catalogue\""));
                CHECK(has(error.what(), "call expand() first"));
                CHECK_FALSE(error.retry_helps());
            }
        };
        check([&] { application.evolver.backfill(); });
        check([&] { application.evolver.backfill(Speed::full); });
        check([&] { application.evolver.reconcile(); });
        CHECK(bytes_of(folder.database()) == before);
    }

    TEST_CASE("a reader that keeps the WAL from being checkpointed makes the run pause at a limit, and say so") {
        Folder const folder;
        make_catalogue(folder.database(), 1);
        RawSqlite const reader{folder.database()};
        reader.run(
            "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 36000) INSERT INTO packages "
            "(id, "
            "name, size) SELECT i, hex(zeroblob(1100)), i FROM n");
        reader.run("PRAGMA wal_checkpoint(TRUNCATE)");
        Application application{folder.database(), catalogue(), {.wait = 100ms}};
        application.evolver.expand();
        reader.run("BEGIN");
        (void)reader.integer("SELECT count(*) FROM packages WHERE id = 1");
        try {
            application.evolver.backfill(Speed::full);
            FAIL_CHECK("the WAL grew without a limit");
        } catch (Error const& error) {
            CHECK(error.retry_helps());
            CHECK(error.database_changed() == Changed::partly);
            CHECK(has(error.what(), "a reader keeps the WAL from being checkpointed"));
        }
        CHECK(std::filesystem::file_size(folder.database() + "-wal") < 80'000'000);
        CHECK_FALSE(application.evolver.advance(1ms));
        CHECK(has(application.evolver.why(), "a reader keeps the WAL"));
        reader.run("COMMIT");
        CHECK(application.evolver.advance(1ms));
        application.evolver.backfill(Speed::full);
        CHECK(application.evolver.status().migrations[1].rows_filled == 36000);
    }

    TEST_CASE(
        "sync triggers that somebody has dropped are reported by status, and put back with a warning and a record") {
        struct Warnings : Observer {
            void on(Event const& event) override {
                if (event.kind == EventKind::warning) text += event.message + "\n";
            }
            std::string text;
        };
        Folder const folder;
        make_catalogue(folder.database());
        RawSqlite const raw{folder.database()};
        auto const triggers = [&] {
            return raw.integer("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'evolver~_sync~_%' ESCAPE '~'");
        };
        auto const drop_one = [&] { raw.run("DROP TRIGGER \"evolver_sync_0002-size-bytes_1_packages_update_up\""); };
        Warnings warnings;
        Plan const plan{
            "catalogue",
            {packages_migration(), size_migration(), title_migration(),
             Migration{.id = "0004-note",
                       .release = "3.0",
                       .operations = {AddColumn{.table = "packages", .column = {.name = "note", .type = text()}}}}}};
        Application application{folder.database(), plan.until("2.0"), {.observer = &warnings}};
        application.evolver.expand();
        auto const whole = triggers();
        CHECK(application.evolver.status().missing_triggers.empty());

        drop_one();
        CHECK(application.evolver.status().missing_triggers ==
              std::vector<std::string>{"evolver_sync_0002-size-bytes_1_packages_update_up"});
        CHECK(triggers() == whole - 1);  // status writes nothing
        application.evolver.backfill();
        CHECK(triggers() == whole);
        CHECK(has(warnings.text, "sync triggers had been dropped (evolver_sync_0002-size-bytes_1_packages_update_up)"));
        CHECK(has(warnings.text, "reconcile() names such rows"));
        CHECK(application.evolver.status().missing_triggers.empty());
        CHECK(application.ask("SELECT count(*) FROM evolver_audit WHERE event = 'sync mended'") == "1");

        // After reconciliation, too; what it proved has to be proven again.
        application.evolver.reconcile();
        drop_one();
        raw.run("UPDATE packages SET size = '999' WHERE id = 4");
        (void)application.evolver.advance(1ms);
        CHECK(triggers() == whole);
        CHECK_FALSE(application.evolver.status().migrations[1].reconciled);
        CHECK_THROWS_AS(application.evolver.reconcile(), ReconcileError);

        drop_one();
        Application next{folder.database(), plan, {.observer = &warnings}};
        next.evolver.expand();
        CHECK(triggers() == whole);
        CHECK(next.ask("SELECT count(*) FROM evolver_audit WHERE event = 'sync mended'") == "3");
        CHECK_FALSE(next.evolver.verify_audit());
    }

    TEST_CASE("every event after a transaction of evolver's tells how long writers were kept out") {
        struct Durations : Observer {
            void on(Event const& event) override {
                if (event.duration.count() > 0) told.insert(event.kind);
            }
            std::set<EventKind> told;
        };
        Folder const folder;
        make_catalogue(folder.database(), 2000);
        Durations durations;
        Application application{folder.database(), catalogue(), {.observer = &durations}};
        application.evolver.expand();
        application.evolver.rollback({.migration = "0003-title"});
        application.evolver.expand();
        application.evolver.backfill();
        application.evolver.reconcile();
        application.evolver.contract(now());
        CHECK(durations.told == std::set{EventKind::expanded, EventKind::batch, EventKind::filled,
                                         EventKind::reconciled, EventKind::contracted, EventKind::rolled_back});
    }

    TEST_CASE("between two batches the lock is free for half of the time that it was held") {
        Folder const folder;
        make_catalogue(folder.database(), 1);
        RawSqlite const raw{folder.database()};
        raw.run(
            "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) INSERT INTO packages "
            "(id, name, size) SELECT i, 'name', i FROM n");
        Pauses pauses;
        Application application{folder.database(), catalogue(), {.observer = &pauses}};
        application.evolver.expand();
        application.evolver.backfill();
        CHECK(pauses.batches > 3);
        CHECK(pauses.too_short == 0);
    }

    TEST_CASE("advance works in slices, says what it waits for, and status says how far it is") {
        Folder const folder;
        make_catalogue(folder.database(), 3000);
        New release{folder.database()};
        CHECK_FALSE(release.evolver().advance(1ms));
        CHECK(has(release.evolver().why(), "expand()"));
        release.evolver().expand();
        int slices = 0;
        std::int64_t before = 0;
        while (release.evolver().advance(500us)) {
            ++slices;
            auto const filled = release.evolver().status().migrations[1].rows_filled;
            CHECK(filled >= before);
            before = filled;
        }
        CHECK(slices > 1);
        CHECK(has(release.evolver().why(), "reconcile()"));
        auto const status = release.evolver().status();
        CHECK(status.migrations[1].filled);
        CHECK(status.migrations[1].rows_filled == 3000);
        CHECK(status.migrations[1].batches > 1);
        release.evolver().reconcile();
        release.evolver().contract(now());
        CHECK_FALSE(release.evolver().advance(1ms));
        CHECK(release.evolver().why().empty());
    }

    TEST_CASE(
        "reconcile is refused before the backfill is complete, and names rows that were written past the triggers") {
        Folder const folder;
        make_catalogue(folder.database());
        New release{folder.database()};
        release.evolver().expand();
        CHECK_THROWS_AS(release.evolver().reconcile(), GateClosed);
        release.evolver().backfill();
        RawSqlite const careless{folder.database()};
        careless.connection().enable_triggers(false);
        careless.run("UPDATE packages SET size = '999' WHERE id IN (4, 5)");
        try {
            release.evolver().reconcile();
            FAIL("nothing was found");
        } catch (ReconcileError const& error) {
            CHECK(error.count() == 2);
            REQUIRE(error.rows().size() == 2);
            CHECK(error.rows()[0].key == "4");
            CHECK(error.rows()[0].migration == "0002-size-bytes");
            CHECK(has(error.what(), "key 5"));
            CHECK_FALSE(has(error.what(), "999"));
        }
        CHECK(release.evolver().status().migrations[1].stage == Stage::dual);
        CHECK(release.bytes(4) == 999);  // not in sync: computed from the old shape
    }

    TEST_CASE("reconcile looks twice: rows that differ for a moment are no mismatch") {
        Folder const folder;
        make_catalogue(folder.database());
        RawSqlite const careless{folder.database()};
        careless.connection().enable_triggers(false);
        auto const mended = [&] { careless.run("UPDATE packages SET size = '40' WHERE id = 4"); };
        AfterStatement const between{"SELECT rows, said", mended};
        New release{folder.database()};
        release.evolver().expand();
        release.evolver().backfill();
        careless.run("UPDATE packages SET size = '999' WHERE id = 4");
        CHECK_NOTHROW(release.evolver().reconcile());
        CHECK(old_size(careless, 4) == "40");  // it was mended after the first look, not before it
        CHECK(release.evolver().status().migrations[1].stage == Stage::switched);
    }

    TEST_CASE("reconcile looks at a range of rows at a time, and holds no snapshot from one to the next") {
        struct Checkpoints : Observer {
            explicit Checkpoints(std::string const& path) : raw{path} { raw.connection().busy_timeout({}); }
            void on(Event const& event) override {
                if (event.kind != EventKind::scanned) return;
                ++ranges;
                raw.run("INSERT INTO beside VALUES (1)");
                if (raw.integer("PRAGMA wal_checkpoint(TRUNCATE)") != 0) ++kept_by_reader;
            }
            RawSqlite const raw;
            int ranges = 0;
            int kept_by_reader = 0;
        };
        Folder const folder;
        make_catalogue(folder.database(), 1);
        Checkpoints checkpoints{folder.database()};
        checkpoints.raw.run("CREATE TABLE beside (a)");
        checkpoints.raw.run(
            "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 12000) INSERT INTO packages "
            "(id, name, size) SELECT i, 'name', i FROM n");
        Application application{folder.database(), catalogue(), {.observer = &checkpoints}};
        application.evolver.expand();
        application.evolver.backfill(Speed::full);
        application.evolver.reconcile();
        CHECK(checkpoints.ranges > 1);
        CHECK(checkpoints.kept_by_reader == 0);
    }

    TEST_CASE("a session that has not looked since contract writes a renamed column at once") {
        Folder const folder;
        make_catalogue(folder.database());
        New release{folder.database()};
        release.evolver().expand();
        New other{folder.database()};
        other.insert(500, "before", 1);
        LiveStatement prepared{other.application.db, other.packages.insert({"id", "title"})};
        long long id = 600;
        std::string const title = "prepared";
        prepared.use(id, "id").use(title, "title").execute();
        release.evolver().backfill();
        release.evolver().reconcile();
        release.evolver().contract(now());
        // SQLite compares its copy of the schema with the file only when a statement runs: here an INSERT is prepared first.
        CHECK_NOTHROW(other.insert(501, "after", 2));
        ++id;
        CHECK_NOTHROW(prepared.execute());
        CHECK(release.application.ask("SELECT count(*) FROM packages WHERE title IN ('after', 'prepared')") == "3");
    }

    TEST_CASE(
        "reserved words, quotes, mixed case and letters beyond ASCII in every name work from expand to contract") {
        Plan const plan{
            "Plan \"Ö\" it's",
            {Migration{
                 .id = "1 \"select\"; --",
                 .release = "1.0 'ä'",
                 .operations = {CreateTable{.table = "Order \"2\"",
                                            .columns = {{.name = "primary", .type = integer(), .primary_key = true},
                                                        {.name = "Größe in B", .type = text()},
                                                        {.name = "it's", .type = text()},
                                                        {.name = "select", .type = text()}}}}},
             Migration{
                 .id = "2 'grösse'",
                 .summary = "it's \"big\"",
                 .release = "2.0 'ä'",
                 .operations = {ChangeType{.table = "Order \"2\"",
                                           .from = "Größe in B",
                                           .to = "group",
                                           .type = integer(),
                                           .up = "CAST(\"Größe in B\" AS INTEGER)",
                                           .down = "CAST(\"group\" AS TEXT)"},
                                RenameColumn{.table = "order \"2\"", .from = "IT'S", .to = "Its \"name\""},
                                SplitColumn{.table = "Order \"2\"",
                                            .from = "select",
                                            .into = {{.name = "from", .type = text(), .up = "substr(\"select\", 1, 1)"},
                                                     {.name = "Where", .type = text(), .up = "substr(\"select\", 2)"}},
                                            .down = "\"from\" || \"Where\""},
                                CreateIndex{.name = "index", .table = "Order \"2\"", .columns = {"group", "Where"}}}}}};
        Folder const folder;
        {
            Application first{folder.database(), plan.until("1.0 'ä'")};
            first.evolver.expand();
        }
        RawSqlite const old{folder.database()};
        old.run(
            R"(INSERT INTO "Order ""2""" ("primary", "Größe in B", "it's", "select") VALUES (1, '10', 'a', 'xyz'))");
        Application application{folder.database(), plan};
        application.evolver.expand();
        auto const orders = application.evolver.table("ORDER \"2\"");
        long long id = 2;
        long long const group = 20;
        std::string const name = "b";
        std::string const from = "p";
        std::string const where = "qr";
        auto const insert = [&] {
            application.db << orders.insert({"primary", "group", "Its \"name\"", "from", "Where"}),
                soci::use(id, "primary"), soci::use(group, "group"), soci::use(name, "Its__name_"),
                soci::use(from, "from"), soci::use(where, "Where");
        };
        insert();
        CHECK(old.connection().text(
                  R"(SELECT "Größe in B" || "it's" || "select" FROM "Order ""2""" WHERE "primary" = 2)") == "20bpqr");
        old.run(R"(INSERT INTO "Order ""2""" ("primary", "Größe in B", "select") VALUES (3, '30', 'def'))");
        application.evolver.backfill();
        application.evolver.reconcile();
        old.run(R"(UPDATE "Order ""2""" SET "Größe in B" = '31' WHERE "primary" = 3)");
        application.evolver.reconcile();
        application.evolver.contract(now());
        ++id;
        id = 4;
        insert();
        std::string found;
        soci::rowset<std::string> const all{(
            application.db.prepare
            << R"(SELECT "primary" || '|' || "group" || '|' || "from" || '|' || "Where" FROM "Order ""2""" ORDER BY 1)")};
        for (auto const& row : all) found += row + ";";
        CHECK(found == "1|10|x|yz;2|20|p|qr;3|31|d|ef;4|20|p|qr;");
        CHECK_FALSE(application.evolver.verify_audit());
        application.evolver.expand();
    }
}

TEST_SUITE("face/transition") {
    TEST_CASE("a transaction that has begun can write after the shape has moved and somebody else has committed") {
        Folder const folder;
        make_catalogue(folder.database());
        New release{folder.database()};
        release.evolver().expand();
        release.insert(101, "before", 1);
        release.application.db << "BEGIN";
        {
            New other{folder.database()};
            other.evolver().backfill(Speed::full);
            other.evolver().reconcile();  // moves the epoch
            other.insert(102, "meanwhile", 2);
        }
        release.insert(103, "in the transaction", 3);
        release.application.db << "COMMIT";
        CHECK(release.bytes(102) == 2);
        CHECK(release.bytes(103) == 3);
    }
}

TEST_SUITE("face/transition") {
    TEST_CASE(
        "a transaction that reads goes on with what it reads while others expand, fill, move reads and contract") {
        enum class Meanwhile { expanded, switched, contracted };
        for (auto const meanwhile : {Meanwhile::expanded, Meanwhile::switched, Meanwhile::contracted}) {
            for (bool const pinned : {true, false}) {
                if (pinned && meanwhile == Meanwhile::contracted) continue;  // it waits for the pin
                CAPTURE(static_cast<int>(meanwhile));
                CAPTURE(pinned);
                Folder const folder;
                make_catalogue(folder.database());
                Application reader{folder.database(), catalogue()};
                Application operating{folder.database(), catalogue(), {.wait = 1s, .soak = 0s}};
                if (meanwhile != Meanwhile::expanded) operating.evolver.expand();
                reader.evolver.attach();
                auto const packages = reader.evolver.table("packages");
                long long bytes = 0;
                std::string title;
                LiveStatement kept{reader.db, packages.select({"title", "size_bytes"}) + " WHERE id = 7"};
                kept.into(title).into(bytes);
                auto const read = [&] {
                    for (bool const prepared : {true, false, true}) {
                        bytes = 0;
                        title.clear();
                        if (prepared) {
                            CHECK(kept.execute());
                        } else {
                            reader.db << packages.select({"title", "size_bytes"}) + " WHERE id = 7", soci::into(title),
                                soci::into(bytes);
                        }
                        CHECK(title == "package-7");
                        CHECK(bytes == 70);
                    }
                };
                read();
                {
                    auto const pin = pinned ? std::optional{reader.evolver.pin()} : std::nullopt;
                    reader.db << "BEGIN";
                    CHECK(reader.ask("SELECT count(*) FROM packages") == "20");
                    operating.evolver.expand();
                    if (meanwhile != Meanwhile::expanded) {
                        operating.evolver.backfill(Speed::full);
                        operating.evolver.reconcile();
                    }
                    if (meanwhile == Meanwhile::contracted) operating.evolver.contract();
                    read();
                    reader.db << "COMMIT";
                }
                read();
            }
        }
    }

    TEST_CASE("before expand, a write that the old column cannot hold is refused, and one that it can is written") {
        Folder const folder;
        RawSqlite const raw{folder.database()};
        raw.run("CREATE TABLE t (id INTEGER PRIMARY KEY, hundreds TEXT)");
        Plan const plan{"p",
                        {Migration{.id = "1",
                                   .release = "1.0",
                                   .operations = {ChangeType{.table = "t",
                                                             .from = "hundreds",
                                                             .to = "ones",
                                                             .type = integer(),
                                                             .up = "CAST(hundreds AS INTEGER) * 100",
                                                             .down = "CAST(ones / 100 AS TEXT)"}}}}};
        Application application{folder.database(), plan};
        application.evolver.attach();
        auto const table = application.evolver.table("t");
        long long ones = 1900;
        application.db << table.insert({"ones"}), soci::use(ones, "ones");
        CHECK(raw.connection().text("SELECT hundreds FROM t") == "19");
        ones = 1999;
        CHECK_THROWS((application.db << table.insert({"ones"}), soci::use(ones, "ones")));
        CHECK(raw.integer("SELECT count(*) FROM t") == 1);
    }
}
