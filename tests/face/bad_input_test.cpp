// Bad input: refused before the first write, with what, which object, why, and what to do instead.

#include "fleet/child.hpp"
#include "support/application.hpp"
#include "support/full_disk.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

Plan with(Operation operation) {
    return Plan{
        "catalogue",
        {packages_migration(), Migration{.id = "0002-change", .release = "2.0", .operations = {std::move(operation)}}}};
}

ChangeType change(std::string_view from, std::string_view up) {
    return {.table = "packages",
            .from = Name{from},
            .to = "size_bytes",
            .type = integer(),
            .up = Expression{std::string{up}},
            .down = "CAST(size_bytes AS TEXT)"};
}

/// The words with which expand() refuses `plan`. The database is what it was to the byte, in both journal modes.
std::string refused(Plan const& plan) {
    std::string words;
    for (bool const wal : {true, false}) {
        Folder const folder;
        make_catalogue(folder.database(), 20, wal);
        RawSqlite const other{folder.database()};  // the last connection that closes would move the WAL into the file
        other.run("UPDATE packages SET size = '5' WHERE id = 1");
        auto const before = bytes_of(folder.database());
        Application application{folder.database(), plan};
        try {
            application.evolver.expand();
        } catch (Error const& error) {
            words = error.what();
            CHECK(error.database_changed() == Changed::no);
            CHECK_FALSE(error.retry_helps());
        }
        CHECK(bytes_of(folder.database()) == before);
    }
    return words;
}

}  // namespace

TEST_SUITE("face/bad input") {
    TEST_CASE("an unknown table is refused by name before the first write") {
        auto const words = refused(with(AddColumn{.table = "packges", .column = {.name = "note", .type = text()}}));
        CHECK(has(words, "packges"));
        CHECK(has(words, "0002-change"));
    }

    TEST_CASE("an unknown column is refused by name before the first write") {
        auto const words = refused(with(change("sise", "CAST(sise AS INTEGER)")));
        CHECK(has(words, "sise"));
        CHECK(has(words, "packages"));
    }

    TEST_CASE("a bad expression in `up` is refused with the engine's words before the first write") {
        CHECK(has(refused(with(change("size", "CAST(size AS"))), "up"));
        CHECK(has(refused(with(change("size", "no_such_function(size)"))), "no_such_function"));
        CHECK(has(refused(with(change("size", "CAST(siez AS INTEGER)"))), "siez"));
    }

    TEST_CASE("a mistake in the last migration leaves the first unwritten, too") {
        Plan const plan{"catalogue",
                        {packages_migration(), size_migration(),
                         Migration{.id = "0003-wrong",
                                   .release = "2.0",
                                   .operations = {DropColumn{.table = "packages", .column = "nothing"}}}}};
        CHECK(has(refused(plan), "nothing"));
    }

    TEST_CASE("duplicate ids are refused when the plan is made") {
        try {
            Plan{"catalogue", {packages_migration(), packages_migration()}};
            FAIL("nothing was refused");
        } catch (PlanError const& error) {
            CHECK(has(error.what(), "0001-packages"));
            CHECK(error.database_changed() == Changed::no);
        }
    }

    TEST_CASE("an empty migration is refused when the plan is made") {
        try {
            Plan{"catalogue", {Migration{.id = "0001-nothing", .release = "1.0", .operations = {}}}};
            FAIL("nothing was refused");
        } catch (PlanError const& error) {
            CHECK(has(error.what(), "0001-nothing"));
        }
    }

    TEST_CASE("a release that the plan does not name is refused when the Evolver is made") {
        Folder const folder;
        soci::session db{soci::sqlite3, "db=" + folder.database()};
        CHECK_THROWS_AS((Evolver{db, catalogue(), {.release = "9.0"}}), PlanError);
        CHECK(file_bytes(folder.database()).empty());
    }

    TEST_CASE("a read-only file is refused with the way out, and attach() works on it") {
        Folder const folder;
        make_catalogue(folder.database(), 20, false);
        auto const before = bytes_of(folder.database());
        Application application{folder.database(), catalogue(), {}, " readonly=1"};
        try {
            application.evolver.expand();
            FAIL("nothing was refused");
        } catch (EngineError const& error) {
            CHECK(has(error.what(), "reading only"));
            CHECK(has(error.what(), "attach()"));
            CHECK(has(error.what(), folder.database()));
            CHECK_FALSE(error.retry_helps());
        }
        application.evolver.attach();
        std::string size;
        application.db << application.evolver.table("packages").select({"size_bytes"}) + " WHERE title = 'package-7'",
            soci::into(size);
        CHECK(size == "70");
        CHECK(bytes_of(folder.database()) == before);
    }

    TEST_CASE("a locked file is waited for as long as Options::wait says, then refused, and calling again helps") {
        for (bool const wal : {true, false}) {
            Folder const folder;
            make_catalogue(folder.database(), 20, wal);
            RawSqlite const other{folder.database()};
            other.run("BEGIN IMMEDIATE");
            auto const before = bytes_of(folder.database());
            Application application{folder.database(), catalogue(), {.wait = 60ms}};
            auto const start = std::chrono::steady_clock::now();
            try {
                application.evolver.expand();
                FAIL("nothing was refused");
            } catch (EngineError const& error) {
                CHECK(error.retry_helps());
                CHECK(error.database_changed() == Changed::no);
                CHECK(has(error.what(), "locked"));
                CHECK(has(error.what(), "Options::wait"));
            }
            auto const waited = std::chrono::steady_clock::now() - start;
            CHECK(waited >= 60ms);
            CHECK(waited < 5s);
            CHECK(bytes_of(folder.database()) == before);
            other.run("ROLLBACK");
            application.evolver.expand();
            CHECK(application.evolver.status().expanded);
        }
    }

    TEST_CASE("a lock that is given back within the wait is no failure") {
        for (bool const wal : {true, false}) {
            Folder const folder;
            make_catalogue(folder.database(), 20, wal);
            tests::Child child{[&](tests::Line line) {
                RawSqlite const other{folder.database()};
                other.run(wal ? "BEGIN IMMEDIATE" : "BEGIN EXCLUSIVE");
                line.say('l');
                (void)line.hear(100ms);
                other.run("ROLLBACK");
                return 0;
            }};
            REQUIRE(child.line().hear() == 'l');
            Application application{folder.database(), catalogue()};
            application.evolver.expand();
            CHECK(application.evolver.status().expanded);
            CHECK(child.result() == 0);
        }
    }

    TEST_CASE("outside WAL mode a commit waits for those who read") {
        Folder const folder;
        make_catalogue(folder.database(), 20, false);
        tests::Child child{[&](tests::Line line) {
            RawSqlite const other{folder.database()};
            other.run("BEGIN");
            (void)other.integer("SELECT count(*) FROM packages");
            line.say('r');
            (void)line.hear(100ms);
            other.run("COMMIT");
            return 0;
        }};
        REQUIRE(child.line().hear() == 'r');
        Application application{folder.database(), catalogue()};
        application.evolver.expand();
        CHECK(application.evolver.status().expanded);
        CHECK(child.result() == 0);
    }

    TEST_CASE("a file that is no database is refused and stays what it is") {
        Folder const folder;
        std::ofstream{folder.database()} << std::string(5000, 'x');
        auto const before = bytes_of(folder.database());
        Application application{folder.database(), catalogue()};
        try {
            application.evolver.expand();
            FAIL("nothing was refused");
        } catch (EngineError const& error) {
            CHECK(has(error.what(), "no SQLite database"));
            CHECK(has(error.what(), folder.database()));
            CHECK_FALSE(error.retry_helps());
        }
        CHECK(bytes_of(folder.database()) == before);
    }

    TEST_CASE("a full disk is refused with its name, and leaves whole migrations or nothing") {
        for (bool const wal : {true, false}) {
            Folder const folder;
            make_catalogue(folder.database(), 20, wal);
            // Every possible moment: with room for no write, for one, for two, until it goes through.
            bool through = false;
            for (int room = 0; !through; ++room) {
                REQUIRE(room < 500);
                FullDisk const disk;
                Application application{folder.database(), catalogue()};
                CHECK(application.ask("SELECT count(*) FROM packages") == "20");
                disk.only_for_those_open();  // evolver's own connection asks for the session's VFS
                disk.full_after(room);
                try {
                    application.evolver.expand();
                    through = true;
                } catch (EngineError const& error) {
                    CHECK(has(error.what(), "full"));
                    CHECK(has(error.what(), "free space"));
                    CHECK_FALSE(error.retry_helps());
                }
                disk.room_again();
                RawSqlite const look{folder.database()};
                CHECK(look.connection().text("PRAGMA integrity_check") == "ok");
                bool const has_column =
                    look.integer("SELECT count(*) FROM pragma_table_info('packages') WHERE name = 'size_bytes'") == 1;
                CHECK(has_column ==
                      (look.integer("SELECT count(*) FROM evolver_migration WHERE id = '0002-size-bytes'") == 1));
                bool const has_triggers = look.integer(
                                              "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND name LIKE "
                                              "'evolver\\_sync%' ESCAPE '\\'") > 0;
                CHECK(has_column == has_triggers);
                if (room == 0) CHECK_FALSE(through);
            }
        }
    }

    TEST_CASE("calls inside the session's open transaction are refused in words") {
        Folder const folder;
        make_catalogue(folder.database());
        Application application{folder.database(), catalogue()};
        auto const check = [&](std::string const& name, auto const& call) {
            application.db << "BEGIN";
            try {
                call();
                FAIL("nothing was refused");
            } catch (Error const& error) {
                CHECK(has(error.what(), name + "()"));
                CHECK(has(error.what(), "commit or roll back first"));
            }
            application.db << "ROLLBACK";
        };
        auto& evolver = application.evolver;
        check("expand", [&] { evolver.expand(); });
        check("baseline", [&] { evolver.baseline("0001-packages"); });
        evolver.expand();
        check("advance", [&] { (void)evolver.advance(1ms); });
        check("reconcile", [&] { evolver.reconcile(); });
        check("contract", [&] { evolver.contract(); });
        check("rollback", [&] { evolver.rollback({.migration = "0003-title"}); });
        CHECK(evolver.status().migrations[1].phase == Phase::expanded);
    }

    TEST_CASE(
        "a table under an open migration that somebody has renamed by hand is named by every call, and status works "
        "on") {
        Folder const folder;
        make_catalogue(folder.database(), 1000);
        Application application{folder.database(), catalogue()};
        auto& evolver = application.evolver;
        evolver.expand();
        (void)evolver.advance(1us);
        application.db << "ALTER TABLE packages RENAME TO elsewhere";
        Application other{folder.database(), catalogue()};
        for (auto* one : {&application, &other}) {
            CHECK_THROWS_WITH_AS((void)one->evolver.advance(1ms), doctest::Contains("packages"), Error);
            CHECK_THROWS_WITH_AS(one->evolver.backfill(), doctest::Contains("packages"), Error);
            CHECK_THROWS_AS((void)one->evolver.contract(now()), GateClosed);
            CHECK_THROWS_WITH_AS((void)one->evolver.rollback({.migration = "0003-title"}),
                                 doctest::Contains("packages"), Error);
            CHECK(one->evolver.status().migrations[1].backfills.at(0).percent == 0);
        }
        application.db << "ALTER TABLE elsewhere RENAME TO packages";
        evolver.backfill();
        CHECK(evolver.status().migrations[1].filled);
    }

    TEST_CASE("an open rowset of the session stops neither expand nor the backfill nor contract") {
        Folder const folder;
        make_catalogue(folder.database());
        Application application{folder.database(), catalogue()};
        soci::rowset<std::string> open{(application.db.prepare << "SELECT name FROM packages ORDER BY id")};
        auto row = open.begin();
        CHECK(*row == "package-1");
        application.evolver.expand();
        application.evolver.backfill();
        application.evolver.reconcile();
        application.evolver.contract(now());
        int more = 0;
        for (; row != open.end(); ++row) ++more;
        CHECK(more == 20);
        CHECK(application.evolver.status().floor_release == "2.0");
    }
}
