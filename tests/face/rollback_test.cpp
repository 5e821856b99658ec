// Rollback: proven by doing it, and by going forward again.

#include "dialect/sqlite/inspect.hpp"
#include "evolver/schema/digest.hpp"
#include "support/application.hpp"
#include "support/raw_sqlite.hpp"
#include "support/rows.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::testing;

namespace {

/// Schema and data of the old shape, as release 1.0 sees them; evolver's own tables apart.
std::string old_shape(std::string const& path) {
    RawSqlite const database{path};
    return support::rows(database.connection(),
                         "SELECT type, name, sql FROM sqlite_schema WHERE tbl_name NOT LIKE 'evolver\\_%' ESCAPE '\\' "
                         "ORDER BY type, name") +
           "\n" + support::rows(database.connection(), "SELECT * FROM packages ORDER BY id");
}

std::string old_data(std::string const& path) {
    return support::rows(RawSqlite{path}.connection(), "SELECT id, name, size FROM packages ORDER BY id");
}

void back_to_first(Evolver& evolver) {
    evolver.rollback({.migration = "0003-title"});
    evolver.rollback({.migration = "0002-size-bytes"});
}

template <class E>
std::string refusal(std::string const& path, Evolver& evolver, RollbackOptions const& options) {
    RawSqlite const other{path};
    (void)other.integer("SELECT count(*) FROM packages");
    auto const before = bytes_of(path);
    std::string words;
    try {
        evolver.rollback(options);
        FAIL_CHECK("rollback was not refused");
    } catch (E const& error) {
        words = error.what();
        CHECK(error.database_changed() == Changed::no);
    }
    CHECK(bytes_of(path) == before);
    return words;
}

}  // namespace

TEST_SUITE("face/rollback") {
    TEST_CASE("where nobody wrote in between, schema and data are those before expand, from every point") {
        for (int const point : {0, 1, 2, 3}) {
            CAPTURE(point);
            Folder const folder;
            make_catalogue(folder.database(), 400);
            RawSqlite{folder.database()}.connection().run(
                "CREATE TABLE log (n); CREATE TRIGGER g AFTER UPDATE ON packages BEGIN INSERT INTO log VALUES (1); "
                "END");
            auto const before = old_shape(folder.database());
            Application application{folder.database(), catalogue()};
            application.evolver.expand();
            if (point == 1) (void)application.evolver.advance(std::chrono::microseconds{1});
            if (point >= 2) application.evolver.backfill();
            if (point >= 3) application.evolver.reconcile();
            back_to_first(application.evolver);
            CHECK(old_shape(folder.database()) == before);
            CHECK(application.evolver.status().migrations[1].phase == Phase::planned);
            // And forward again, to the end.
            application.evolver.expand();
            application.evolver.backfill();
            application.evolver.reconcile();
            application.evolver.contract(now());
            CHECK(application.ask("SELECT sum(size_bytes) FROM packages") == std::to_string(10 * 400 * 401 / 2));
            CHECK(application.ask("SELECT count(*) FROM log") == "0");
            CHECK_FALSE(application.evolver.verify_audit());
        }
    }

    TEST_CASE("what was written in between stays as the old shape had it right before the undo") {
        Folder const folder;
        make_catalogue(folder.database());
        Application application{folder.database(), catalogue()};
        application.evolver.expand();
        auto const packages = application.evolver.table("packages");
        std::string const title = "new";
        long long const bytes = 123;
        application.db << packages.insert({"title", "size_bytes"}), soci::use(title, "title"),
            soci::use(bytes, "size_bytes");
        application.db << packages.update({{"size_bytes", "size_bytes * 2"}}) + " WHERE id = 3";
        RawSqlite{folder.database()}.run("UPDATE packages SET size = '12 kB' WHERE id = 4");
        auto const before = old_data(folder.database());
        CHECK(has(before, "'new'|'123'"));
        CHECK(has(before, "'12 kB'"));
        CHECK(has(before, "3|'package-3'|'60'"));
        back_to_first(application.evolver);
        CHECK(old_data(folder.database()) == before);
    }

    TEST_CASE("the LiveTable of a live instance goes back to the old shape") {
        Folder const folder;
        make_catalogue(folder.database());
        Application other{folder.database(), catalogue()};
        other.evolver.expand();
        auto const packages = other.evolver.table("packages");
        LiveStatement insert{other.db, packages.insert({"title", "size_bytes"})};
        std::string title = "one";
        long long bytes = 11;
        insert.use(title, "title").use(bytes, "size_bytes").execute();
        {
            Application application{folder.database(), catalogue()};
            back_to_first(application.evolver);
        }
        title = "two";
        bytes = 22;
        insert.execute();
        CHECK(other.ask("SELECT group_concat(size) FROM packages WHERE name IN ('one', 'two')") == "11,22");
        long long found = 0;
        other.db << packages.select({"size_bytes"}) + " WHERE title = 'two'", soci::into(found);
        CHECK(found == 22);
    }

    TEST_CASE("a migration that is contracted, that others build on, or that is not expanded is refused") {
        Folder const folder;
        make_catalogue(folder.database());
        Application application{folder.database(), catalogue()};
        CHECK(has(refusal<HistoryError>(folder.database(), application.evolver, {.migration = "0003-title"}),
                  "not expanded"));
        application.evolver.expand();
        auto const words =
            refusal<HistoryError>(folder.database(), application.evolver, {.migration = "0002-size-bytes"});
        CHECK(has(words, "not the last"));
        CHECK(has(words, "roll back \"0003-title\" first"));
        application.evolver.backfill();
        application.evolver.reconcile();
        application.evolver.contract(now());
        CHECK(has(refusal<HistoryError>(folder.database(), application.evolver, {.migration = "0003-title"}),
                  "contracted"));
    }

    TEST_CASE("what only the new shape holds blocks the way back until its loss is accepted by name") {
        Plan const plan{
            "catalogue",
            {packages_migration(),
             {.id = "0002-note",
              .release = "2.0",
              .operations = {
                  AddColumn{.table = "packages", .column = {.name = "note", .type = text(), .default_value = "'-'"}},
                  CreateTable{.table = "tags", .columns = {{.name = "id", .type = integer(), .primary_key = true}}}}}}};
        Folder const folder;
        make_catalogue(folder.database());
        auto const before = old_shape(folder.database());
        Application application{folder.database(), plan, {.actor = "bob"}};
        application.evolver.expand();
        application.db << "UPDATE packages SET note = 'mine' WHERE id < 4";
        application.db << "INSERT INTO tags VALUES (1)";
        auto const words = refusal<GateClosed>(folder.database(), application.evolver, {.migration = "0002-note"});
        CHECK(has(words, "3 rows"));
        CHECK(has(words, "note"));
        CHECK(has(words, "tags"));
        CHECK(has(words, ".accept_loss"));
        CHECK(has(refusal<GateClosed>(folder.database(), application.evolver,
                                      {.migration = "0002-note", .accept_loss = {{"0002-note", ""}}}),
                  "3 rows"));
        application.evolver.rollback({.migration = "0002-note", .accept_loss = {{"0002-note", "a trial"}}});
        CHECK(old_shape(folder.database()) == before);
        CHECK(has(application.ask("SELECT actor || detail FROM evolver_audit WHERE event = 'rollback'"),
                  "bobaccepted: a trial"));
    }

    TEST_CASE("a value that the old column cannot give back blocks the way back") {
        auto lossy = size_migration();
        std::get<ChangeType>(lossy.operations.front()).down = "CAST(size_bytes / 10 AS TEXT)";
        std::get<ChangeType>(lossy.operations.front()).up = "CAST(size AS INTEGER) * 10";
        Folder const folder;
        make_catalogue(folder.database());
        Application application{folder.database(), Plan{"catalogue", {packages_migration(), lossy}}};
        application.evolver.expand();
        long long bytes = 40;
        auto const update = [&] {
            application.db << application.evolver.table("packages").update({"size_bytes"}) + " WHERE id = 1",
                soci::use(bytes, "size_bytes");
        };
        update();
        CHECK_NOTHROW(application.evolver.rollback({.migration = "0002-size-bytes"}));
        application.evolver.expand();
        bytes = 45;
        update();
        CHECK(has(refusal<GateClosed>(folder.database(), application.evolver, {.migration = "0002-size-bytes"}),
                  "1 row"));
        application.evolver.rollback({.migration = "0002-size-bytes", .accept_loss = {{"0002-size-bytes", "a trial"}}});
        CHECK(application.ask("SELECT size FROM packages WHERE id = 1") == "4");
    }
}
