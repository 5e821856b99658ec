// Starts: what history and schema a release may meet, and what it costs when there is nothing to do.

#include "dialect/sqlite/inspect.hpp"
#include "evolver/schema/digest.hpp"
#include "fleet/presence.hpp"
#include "support/application.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

using namespace evolver;
using namespace evolver::testing;

namespace {

/// The words of the E with which `call` is refused, and the database is what it was.
template <class E, class Call>
std::string refusal(std::string const& path, Call const& call) {
    RawSqlite const other{path};
    (void)other.integer("SELECT count(*) FROM sqlite_schema");
    auto const before = bytes_of(path);
    std::string words;
    try {
        call();
        FAIL_CHECK("nothing was refused");
    } catch (E const& error) {
        words = error.what();
        CHECK(error.database_changed() == Changed::no);
        CHECK_FALSE(error.retry_helps());
    }
    CHECK(bytes_of(path) == before);
    return words;
}

template <class E>
std::string refused_start(std::string const& path, Plan const& plan, Options const& options = {}) {
    Application application{path, plan, options};
    auto const words = refusal<E>(path, [&] { application.evolver.expand(); });
    CHECK(refusal<E>(path, [&] { application.evolver.expand(); }) == words);
    return words;
}

}  // namespace

TEST_SUITE("face/start") {
    TEST_CASE("a start with nothing to do writes nothing and takes no lock on the database") {
        for (bool const wal : {true, false}) {
            Folder const folder;
            make_catalogue(folder.database(), 20, wal);
            Application first{folder.database(), catalogue()};
            first.evolver.expand();
            Application application{folder.database(), catalogue(), {.wait = std::chrono::milliseconds{1}}, ""};
            RawSqlite const other{folder.database()};
            // A writer in the middle of its transaction: in WAL mode even one that locks everybody else out.
            other.run(wal ? "BEGIN EXCLUSIVE" : "BEGIN IMMEDIATE");
            auto const before = bytes_of(folder.database());
            auto const changes = application.ask("SELECT total_changes()");
            CHECK(application.evolver.expand().steps.empty());
            application.evolver.attach();
            CHECK(application.ask("SELECT total_changes()") == changes);
            CHECK(bytes_of(folder.database()) == before);
            other.run("ROLLBACK");
        }
    }

    TEST_CASE("a start with nothing to do works inside the session's open transaction") {
        Folder const folder;
        make_catalogue(folder.database());
        Application application{folder.database(), catalogue()};
        application.evolver.expand();
        application.db << "BEGIN";
        CHECK_NOTHROW(application.evolver.expand());
        application.db << "ROLLBACK";
    }

    TEST_CASE("a start of an older release beside a newer one works inside the session's open transaction, too") {
        Folder const folder;
        make_catalogue(folder.database());
        Application newer{folder.database(), catalogue()};
        newer.evolver.expand();
        Application older{folder.database(), catalogue().until("1.0")};
        older.db << "BEGIN";
        CHECK_NOTHROW(older.evolver.expand());
        older.db << "ROLLBACK";
    }

    TEST_CASE("a migration that was edited after it was applied is refused") {
        Folder const folder;
        make_catalogue(folder.database());
        auto edited = packages_migration();
        std::get<CreateTable>(edited.operations.front()).columns.push_back({.name = "origin", .type = text()});
        auto const words =
            refused_start<HistoryError>(folder.database(), Plan{"catalogue", {edited, size_migration()}});
        CHECK(has(words, "0001-packages"));
        CHECK(has(words, "edited"));
        CHECK(has(words, "new migration"));
    }

    TEST_CASE("an edited migration is refused also where nothing else is pending") {
        Folder const folder;
        make_catalogue(folder.database());
        {
            Application application{folder.database(), catalogue()};
            application.evolver.expand();
        }
        auto edited = title_migration();
        std::get<RenameColumn>(edited.operations.front()).to = "caption";
        CHECK(has(refused_start<HistoryError>(folder.database(),
                                              Plan{"catalogue", {packages_migration(), size_migration(), edited}}),
                  "0003-title"));
    }

    TEST_CASE("migrations in another order, or with one put between, are refused") {
        Folder const folder;
        make_catalogue(folder.database());
        {
            Application application{folder.database(), catalogue()};
            application.evolver.expand();
        }
        Plan const reordered{"catalogue", {packages_migration(), title_migration(), size_migration()}};
        auto const words = refused_start<HistoryError>(folder.database(), reordered);
        CHECK(has(words, "0002-size-bytes"));
        CHECK(has(words, "0003-title"));
        CHECK(has(words, "only ever appended"));
        Plan const between{"catalogue",
                           {packages_migration(),
                            {.id = "0001b",
                             .release = "1.0",
                             .operations = {AddColumn{.table = "packages", .column = {.name = "b", .type = text()}}}},
                            size_migration(),
                            title_migration()}};
        CHECK(has(refused_start<HistoryError>(folder.database(), between), "0001b"));
    }

    TEST_CASE("a release lives beside migrations of a newer one, which it does not know") {
        Folder const folder;
        make_catalogue(folder.database());
        Application newer{folder.database(), catalogue()};
        newer.evolver.expand();
        Application older{folder.database(), catalogue().until("1.0"), {.release = "1.0"}};
        CHECK(older.evolver.expand().steps.empty());
        older.evolver.attach();
        CHECK(older.evolver.dry_run().steps.empty());
        auto const status = older.evolver.status();
        REQUIRE(status.migrations.size() == 3);
        CHECK(status.migrations[0].known);
        CHECK_FALSE(status.migrations[1].known);
        // Its own LiveTable writes the shape that it knows; the triggers carry that over.
        std::string const name = "new";
        std::string const size = "77";
        older.db << older.evolver.table("packages").insert({"name", "size"}), soci::use(name, "name"),
            soci::use(size, "size");
        CHECK(newer.ask("SELECT size_bytes FROM packages WHERE title = 'new'") == "77");
        CHECK_THROWS_AS(older.evolver.contract(), HistoryError);
    }

    TEST_CASE("drift is refused with the difference: a missing index, a missing column, another type") {
        auto const create = CreateTable{.table = "packages",
                                        .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                    {.name = "name", .type = text()},
                                                    {.name = "size", .type = text()}}};
        Plan const plan{
            "catalogue",
            {{.id = "0001",
              .release = "1.0",
              .operations = {create, CreateIndex{.name = "packages_name", .table = "packages", .columns = {"name"}}}},
             size_migration()}};
        auto const drift = [&](std::string const& by_hand) {
            Folder const folder;
            {
                Application first{folder.database(), plan.until("1.0")};
                first.evolver.expand();
                RawSqlite{folder.database()}.connection().run(by_hand);
            }
            return refused_start<DriftError>(folder.database(), plan);
        };
        CHECK(has(drift("DROP INDEX packages_name"), "packages_name"));
        CHECK(has(drift("ALTER TABLE packages DROP COLUMN size"), "size"));
        auto const type = drift(
            "DROP INDEX packages_name; DROP TABLE packages; CREATE TABLE packages (id INTEGER PRIMARY KEY, name BLOB, "
            "size TEXT);"
            "CREATE INDEX packages_name ON packages (name)");
        CHECK(has(type, "name"));
        CHECK(has(type, "packages"));
        CHECK_FALSE(has(type, "size"));
    }

    TEST_CASE("what the application has made beside the plan is its own affair") {
        Folder const folder;
        make_catalogue(folder.database());
        RawSqlite{folder.database()}.connection().run(
            "CREATE TABLE mine (a); CREATE INDEX mine_a ON mine (a); CREATE INDEX extra ON packages (name); ALTER "
            "TABLE packages ADD COLUMN note TEXT;"
            "CREATE VIEW v AS SELECT id FROM packages; CREATE TRIGGER g AFTER INSERT ON packages BEGIN INSERT INTO "
            "mine VALUES (NEW.id); END;");
        Application application{folder.database(), catalogue()};
        application.evolver.expand();
        application.evolver.backfill();
        application.evolver.reconcile();
        application.evolver.contract(now());
        CHECK(application.ask(
                  "SELECT count(*) FROM sqlite_schema WHERE name IN ('mine', 'mine_a', 'extra', 'v', 'g')") == "5");
        CHECK(application.ask("SELECT count(note IS NULL) FROM packages") == "20");
    }

    TEST_CASE("expand on a database that existed before evolver names baseline() as the way out") {
        Folder const folder;
        RawSqlite{folder.database()}.run(
            "CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size TEXT)");
        auto const words = refused_start<PlanError>(folder.database(), catalogue());
        CHECK(has(words, "packages"));
        CHECK(has(words, "baseline("));
    }

    TEST_CASE("a baseline records what the database shows already, and expand goes on from there") {
        Folder const folder;
        RawSqlite{folder.database()}.connection().run(
            "CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size TEXT); INSERT INTO packages "
            "VALUES (1, 'bash', '12')");
        Application application{folder.database(), catalogue()};
        application.evolver.baseline("0001-packages");
        application.evolver.expand();
        CHECK(application.evolver.status().migrations.front().phase == Phase::contracted);
        std::string bytes;
        application.db << application.evolver.table("packages").select({"size_bytes"}), soci::into(bytes);
        CHECK(bytes == "12");
        CHECK(application.ask("SELECT event FROM evolver_audit ORDER BY sequence LIMIT 1") == "baseline");
        CHECK(has(refusal<HistoryError>(folder.database(), [&] { application.evolver.baseline("0001-packages"); }),
                  "baseline"));
    }

    TEST_CASE("a baseline of SQL is compared with what the SQL makes, and may be said again until something is done") {
        Folder const folder;
        {
            RawSqlite const before{folder.database()};
            before.run("CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)");
        }
        auto const sql = [](char const* id, char const* text) {
            return Migration{.id = id, .release = "1.0", .operations = {RawSql{.expand = text}}};
        };
        Plan const plan{
            "notes",
            {sql("1", "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)"),
             sql("2", "ALTER TABLE notes ADD COLUMN kind TEXT"), sql("3", "CREATE INDEX i ON notes (body)")}};
        {
            Application application{folder.database(), plan};
            auto const words = refusal<DriftError>(folder.database(), [&] { application.evolver.baseline("2"); });
            CHECK(has(words, "notes.kind"));
            application.evolver.baseline("1");
            CHECK(
                has(refusal<DriftError>(folder.database(), [&] { application.evolver.baseline("3"); }), "notes.kind"));
        }
        {
            RawSqlite const by_hand{folder.database()};
            by_hand.run("ALTER TABLE notes ADD COLUMN kind TEXT");
        }
        Application application{folder.database(), plan};
        application.evolver.baseline("2");
        application.evolver.expand();
        CHECK(has(refusal<HistoryError>(folder.database(), [&] { application.evolver.baseline("2"); }), "baseline"));
        CHECK(application.ask("SELECT group_concat(event, ' ') FROM (SELECT event FROM evolver_audit LIMIT 2)") ==
              "baseline baseline");
    }

    TEST_CASE("a baseline of SQL on tables that are not the plan's own is judged by what it would still change") {
        Folder const folder;
        RawSqlite const by_hand{folder.database()};
        by_hand.run("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, fax TEXT)");
        auto const sql = [](char const* id, RawSql text) {
            return Migration{.id = id, .release = "1.0", .operations = {std::move(text)}};
        };
        Plan const plan{
            "customers",
            {sql("1", {.expand = "ALTER TABLE customers ADD COLUMN country TEXT"}),
             sql("2", {.expand = "CREATE TABLE faxes (id INTEGER, fax TEXT); INSERT INTO faxes SELECT id, fax "
                                 "FROM customers",
                       .contract = "ALTER TABLE customers DROP COLUMN fax"})}};
        Application application{folder.database(), plan};
        auto const words = refusal<DriftError>(folder.database(), [&] { application.evolver.baseline("2"); });
        CAPTURE(words);
        for (auto const* object : {"country", "faxes", "fax"}) CHECK(has(words, object));
        by_hand.run("ALTER TABLE customers ADD COLUMN country TEXT");
        by_hand.run("ALTER TABLE customers DROP COLUMN fax");
        by_hand.run("CREATE TABLE faxes (id INTEGER, fax TEXT)");
        application.evolver.baseline("2");
        CHECK(application.evolver.expand().steps.empty());
    }

    TEST_CASE("a trail that was dropped is begun anew by the next change, and is told to lack what was before") {
        Folder const folder;
        make_catalogue(folder.database());
        Application application{folder.database(), catalogue()};
        application.evolver.expand();
        CHECK_FALSE(application.evolver.verify_audit());
        RawSqlite{folder.database()}.run("DROP TABLE evolver_audit");
        CHECK(application.evolver.verify_audit());
        application.evolver.backfill();
        application.evolver.reconcile();
        application.evolver.contract(now());
        auto const lacks = application.evolver.verify_audit();
        REQUIRE(lacks);
        CHECK(has(*lacks, "0001-packages"));
    }

    TEST_CASE("a plan that the database knows under another name is refused before it runs a second time") {
        Folder const folder;
        auto const under = [](char const* name) {
            return Plan{name,
                        {Migration{.id = "1",
                                   .release = "1.0",
                                   .operations = {RawSql{.expand = "CREATE TABLE IF NOT EXISTS once (n INTEGER)"}}}}};
        };
        {
            Application application{folder.database(), under("migrations")};
            application.evolver.expand();
        }
        Application application{folder.database(), under("current")};
        for (auto const& call : std::vector<std::function<void()>>{[&] { application.evolver.expand(); },
                                                                   [&] { (void)application.evolver.dry_run(); },
                                                                   [&] { application.evolver.baseline("1"); }}) {
            auto const words = refusal<HistoryError>(folder.database(), call);
            CHECK(has(words, "under the name \"migrations\""));
        }
    }

    TEST_CASE("two plans that begin alike and go on differently are two plans") {
        Folder const folder;
        auto const sql = [](char const* id, char const* text) {
            return Migration{.id = id, .release = "1.0", .operations = {RawSql{.expand = text}}};
        };
        {
            Application application{folder.database(),
                                    Plan{"one", {sql("1", "SELECT 1"), sql("2", "CREATE TABLE one (n INTEGER)")}}};
            application.evolver.expand();
        }
        Application application{folder.database(),
                                Plan{"two", {sql("1", "SELECT 1"), sql("2", "CREATE TABLE two (n INTEGER)")}}};
        CHECK_NOTHROW((void)application.evolver.expand());
    }

    TEST_CASE("a migration that was moved to another release is said to be that, not edited") {
        Folder const folder;
        auto const of = [](char const* release) {
            return Plan{
                "moved",
                {Migration{
                    .id = "1", .release = release, .operations = {RawSql{.expand = "CREATE TABLE t (n INTEGER)"}}}}};
        };
        {
            Application application{folder.database(), of("1.0")};
            application.evolver.expand();
        }
        Application application{folder.database(), of("1.1")};
        auto const words = refusal<HistoryError>(folder.database(), [&] { application.evolver.expand(); });
        CHECK(has(words, "belonged to release 1.0"));
    }

    TEST_CASE("a baseline is refused with the differences") {
        Folder const folder;
        RawSqlite{folder.database()}.run("CREATE TABLE packages (id INTEGER PRIMARY KEY, name BLOB)");
        Application application{folder.database(), catalogue()};
        auto const words =
            refusal<DriftError>(folder.database(), [&] { application.evolver.baseline("0001-packages"); });
        CHECK(has(words, "size"));
        CHECK(has(words, "name"));
        CHECK(has(refusal<PlanError>(folder.database(), [&] { application.evolver.baseline("0009"); }), "0009"));
    }

    TEST_CASE("a ledger of a newer format is refused") {
        Folder const folder;
        make_catalogue(folder.database());
        RawSqlite{folder.database()}.run("UPDATE evolver_plan SET format = format + 1");
        auto const words = refused_start<HistoryError>(folder.database(), catalogue());
        CHECK(has(words, "format"));
        CHECK(has(words, "version of evolver"));
    }

    TEST_CASE("a release below the floor is refused before it writes, and told which release is needed") {
        Folder const folder;
        make_catalogue(folder.database());
        {
            Application newer{folder.database(), catalogue()};
            newer.evolver.expand();
            newer.evolver.backfill();
            newer.evolver.reconcile();
            newer.evolver.contract(now());
        }
        auto const words = refused_start<SchemaTooNew>(folder.database(), catalogue().until("1.0"));
        CHECK(has(words, "2.0"));
        Application attached{folder.database(), catalogue().until("1.0"), {.release = "1.0"}};
        CHECK(has(refusal<SchemaTooNew>(folder.database(), [&] { attached.evolver.attach(); }), "2.0"));
        // The whole plan does not help a program that says it is the old release.
        CHECK(has(refused_start<SchemaTooNew>(folder.database(), catalogue(), {.release = "1.0"}), "2.0"));
    }

    TEST_CASE("a start in the middle of a contract waits for its end before it looks which release is needed") {
        Folder const folder;
        make_catalogue(folder.database());
        auto const contracting = Presence::join(folder.database(), "catalogue", "2.0");
        auto const move = contracting->move(std::chrono::milliseconds{0});
        Application old{
            folder.database(), catalogue().until("1.0"), {.release = "1.0", .wait = std::chrono::milliseconds{10}}};
        CHECK_THROWS_WITH_AS(old.evolver.attach(), doctest::Contains("The statement was not started"), Error);
    }

    TEST_CASE("a migrated database has the schema of a fresh one") {
        auto const finished = [](Evolver& evolver) {
            evolver.expand();
            evolver.backfill();
            evolver.reconcile();
            evolver.contract(now());
        };
        Folder const migrated;
        make_catalogue(migrated.database());
        {
            Application application{migrated.database(), catalogue()};
            finished(application.evolver);
        }
        Folder const fresh;
        Application application{fresh.database(), catalogue()};
        finished(application.evolver);
        RawSqlite const a{migrated.database()};
        RawSqlite const b{fresh.database()};
        CHECK(canonical(sqlite::inspect(a.connection()), Engine::sqlite) ==
              canonical(sqlite::inspect(b.connection()), Engine::sqlite));
    }

    TEST_CASE("a dry run shows the steps of the real run and writes nothing") {
        Folder const folder;
        make_catalogue(folder.database());
        Application application{folder.database(), catalogue()};
        RawSqlite const other{folder.database()};
        (void)other.integer("SELECT count(*) FROM packages");
        auto const before = bytes_of(folder.database());
        auto const rehearsed = application.evolver.dry_run();
        CHECK(rehearsed.rehearsed);
        CHECK(bytes_of(folder.database()) == before);
        auto const real = application.evolver.expand();
        REQUIRE(real.steps.size() == rehearsed.steps.size());
        for (std::size_t i = 0; i < real.steps.size(); ++i) CHECK(real.steps[i].sql == rehearsed.steps[i].sql);
        CHECK(application.evolver.dry_run().steps.empty());
    }

    TEST_CASE("a database in memory goes all the way on the session's own connection") {
        soci::session db{soci::sqlite3, "db=:memory:"};
        Evolver evolver{db, catalogue()};
        evolver.expand();
        auto const packages = evolver.table("packages");
        std::string const title = "bash";
        long long const bytes = 12;
        db << packages.insert({"title", "size_bytes"}), soci::use(title, "title"), soci::use(bytes, "size_bytes");
        evolver.backfill();
        evolver.reconcile();
        evolver.contract(now());
        std::string found;
        db << packages.select({"title"}) + " WHERE size_bytes = 12", soci::into(found);
        CHECK(found == "bash");
    }
}
