// Contract: nothing is removed without proof. Each gate closed, and opened.

#include "fleet/child.hpp"
#include "support/application.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

/// Release 2.0, filled and reconciled, with no soak time unless one is given.
struct Ready {
    explicit Ready(std::string const& path, std::chrono::seconds soak = 0s)
        : application{path, catalogue(), {.actor = "alice", .soak = soak}} {
        application.evolver.expand();
        application.evolver.backfill();
        application.evolver.reconcile();
    }
    Evolver& evolver() { return application.evolver; }
    Application application;
};

Gate gate(Evolver& evolver, std::string const& name, ContractOptions const& options = {}) {
    for (auto const& one : evolver.gates(options)) {
        if (one.name == name && one.migration == "0002-size-bytes") return one;
    }
    FAIL("there is no gate " << name);
    throw std::logic_error{name};
}

/// The words of the refusal; the old shape is still there, and so is every byte.
std::string closed(Evolver& evolver, std::string const& path, std::string const& name,
                   ContractOptions const& options = {}) {
    RawSqlite const other{path};
    (void)other.integer("SELECT count(*) FROM packages");
    auto const before = bytes_of(path);
    std::string words;
    try {
        evolver.contract(options);
        FAIL_CHECK("contract was not refused");
    } catch (GateClosed const& error) {
        words = error.what();
        CHECK(error.database_changed() == Changed::no);
        CHECK(std::any_of(error.gates().begin(), error.gates().end(),
                          [&](Gate const& one) { return one.name == name && !one.open && !one.reason.empty(); }));
        CHECK(std::none_of(error.gates().begin(), error.gates().end(), [](Gate const& one) { return one.open; }));
    }
    CHECK(bytes_of(path) == before);
    CHECK(has(words, name));
    CHECK(has(words, "0002-size-bytes"));
    return words;
}

std::string audit_of(Application& application, std::string const& event) {
    return application.ask(
        "SELECT group_concat(migration || ':' || actor || ':' || detail, ';') FROM evolver_audit WHERE event = '" +
        event + "'");
}

}  // namespace

TEST_SUITE("face/contract") {
    TEST_CASE("contract removes the old shape when every gate is open, and leaves no trigger behind") {
        Folder const folder;
        make_catalogue(folder.database());
        Ready ready{folder.database()};
        for (auto const& one : ready.evolver().gates()) {
            CAPTURE(one.name);
            CHECK(one.open);
            CHECK(one.reason.empty());
        }
        CHECK_FALSE(ready.evolver().contract().steps.empty());
        CHECK(ready.application.ask("SELECT group_concat(name, ' ') FROM pragma_table_xinfo('packages')") ==
              "id title size_bytes");
        CHECK(ready.application.ask("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND name NOT LIKE "
                                    "'evolver\\_audit%' ESCAPE '\\'") == "0");
        CHECK(ready.evolver().gates().empty());
        CHECK(ready.evolver().status().floor_release == "2.0");
        CHECK(ready.evolver().contract().steps.empty());
    }

    TEST_CASE("gate backfill: closed until every row is filled") {
        Folder const folder;
        make_catalogue(folder.database());
        Application application{folder.database(), catalogue(), {.soak = 0s}};
        application.evolver.expand();
        CHECK(has(closed(application.evolver, folder.database(), "backfill"), "backfill()"));
        application.evolver.backfill();
        CHECK(gate(application.evolver, "backfill").open);
    }

    TEST_CASE("gate reconciliation: closed until the shapes were compared, and again after a legacy write") {
        Folder const folder;
        make_catalogue(folder.database());
        Application application{folder.database(), catalogue(), {.soak = 0s}};
        application.evolver.expand();
        application.evolver.backfill();
        CHECK(has(closed(application.evolver, folder.database(), "reconciliation"), "reconcile()"));
        application.evolver.reconcile();
        CHECK(gate(application.evolver, "reconciliation").open);
        RawSqlite{folder.database()}.run("UPDATE packages SET size = '1' WHERE id = 1");
        CHECK(has(closed(application.evolver, folder.database(), "reconciliation"), "legacy writes came in since"));
        CHECK_FALSE(application.evolver.status().migrations[1].reconciled);
        application.evolver.reconcile();
        CHECK(gate(application.evolver, "reconciliation").open);
        RawSqlite{folder.database()}.run("UPDATE packages SET size = '2' WHERE id = 1");  // in the same second
        CHECK_FALSE(gate(application.evolver, "reconciliation").open);
        application.evolver.reconcile();
        CHECK(gate(application.evolver, "reconciliation").open);
        // A write through LiveTable is none of the old shape's.
        long long const bytes = 5;
        application.db << application.evolver.table("packages").update({"size_bytes"}) + " WHERE id = 2",
            soci::use(bytes, "size_bytes");
        CHECK(gate(application.evolver, "reconciliation").open);
        application.evolver.contract();
    }

    TEST_CASE(
        "gate reconciliation: an old value that changes into one which the new shape cannot give back closes it") {
        Folder const folder;
        make_catalogue(folder.database());
        Ready ready{folder.database()};
        RawSqlite const old{folder.database()};
        old.run("UPDATE packages SET size = '50 kB' WHERE id = 5");  // size_bytes is 50, and stays so
        CHECK(has(closed(ready.evolver(), folder.database(), "reconciliation"), "legacy writes came in since"));
        ready.evolver().reconcile();
        CHECK(has(closed(ready.evolver(), folder.database(), "lossless"), "in 1 row"));
        // Behind the triggers' back: the last scan sees it.
        old.run("UPDATE packages SET size = '50' WHERE id = 5");
        ready.evolver().reconcile();
        old.connection().enable_triggers(false);
        old.run("UPDATE packages SET size = '60 kB' WHERE id = 6");
        old.connection().enable_triggers(true);
        CHECK_THROWS_WITH_AS(ready.evolver().contract(), doctest::Contains("no trigger has seen them come"),
                             GateClosed);
        CHECK(ready.evolver().status().migrations[1].phase == Phase::expanded);
    }

    TEST_CASE("gate reconciliation: closed while a query of the migration finds rows, or fails") {
        for (auto const& [verify, words] :
             {std::pair{"SELECT id FROM packages WHERE size = '12'", "finds rows: mend them by hand"},
              std::pair{"SELECT nothing FROM packages", "fails: "},
              std::pair{"SELECT id FROM packages WHERE size = 'none'", ""}}) {
            CAPTURE(verify);
            Folder const folder;
            make_catalogue(folder.database());
            auto size = size_migration();
            size.operations.push_back(RawSql{.contract = "SELECT 1", .verify = verify});
            Application application{folder.database(), Plan{"catalogue", {packages_migration(), size}}, {.soak = 0s}};
            application.evolver.expand();
            application.db << "UPDATE packages SET size = '12' WHERE id = 1";
            application.evolver.backfill();
            application.evolver.reconcile();
            auto const found = gate(application.evolver, "reconciliation");
            CHECK(found.open == std::string_view{words}.empty());
            CHECK(has(found.reason, words));
        }
    }

    TEST_CASE("gate lossless: rows that lose something block until that is accepted by name, and are kept") {
        Folder const folder;
        make_catalogue(folder.database());
        RawSqlite{folder.database()}.run("UPDATE packages SET size = '12 kB' WHERE id IN (3, 4)");
        Ready ready{folder.database()};
        CHECK(ready.evolver().status().migrations[1].lossy_rows == 2);
        auto const words = closed(ready.evolver(), folder.database(), "lossless");
        CHECK(has(words, "2 rows"));
        CHECK(has(words, ".accept_loss = {{\"0002-size-bytes\", \"<reason>\"}}"));
        ready.evolver().contract({.accept_loss = {{"0002-size-bytes", "units were never meant"}}});
        CHECK(ready.application.ask("SELECT group_concat(row_key || '=' || value, ';') FROM evolver_quarantine WHERE "
                                    "table_name = 'packages' AND column_name = 'size'") == "3=12 kB;4=12 kB");
        CHECK(audit_of(ready.application, "loss accepted") == "0002-size-bytes:alice:units were never meant");
    }

    TEST_CASE("gate instances: a live process of an older release closes it, stopped or not, and its end opens it") {
        Folder const folder;
        make_catalogue(folder.database());
        // Forked before this process opens the file: a child inherits SQLite's record of open files, but not the locks.
        tests::Child old{[&](tests::Line line) {
            (void)line.hear();
            Application application{folder.database(), catalogue().until("1.0"), {.release = "1.0"}};
            application.evolver.attach();
            line.say('a');
            (void)line.hear();
            return 0;
        }};
        Ready ready{folder.database()};
        old.line().say('g');
        REQUIRE(old.line().hear() == 'a');
        auto const words = closed(ready.evolver(), folder.database(), "instances");
        CHECK(has(words, "release 1.0"));
        CHECK(has(words, std::to_string(old.id())));
        auto const live = ready.evolver().status().instances;
        CHECK(std::any_of(live.begin(), live.end(), [&](LiveInstance const& one) {
            return one.process == old.id() && one.release == "1.0" && !one.own;
        }));
        old.stop();
        CHECK_FALSE(gate(ready.evolver(), "instances").open);
        old.kill();
        CHECK(gate(ready.evolver(), "instances").open);
        ready.evolver().contract();
    }

    TEST_CASE("gate instances: a process of the old release cannot remove its own shape") {
        Folder const folder;
        make_catalogue(folder.database());
        { Ready const ready{folder.database()}; }
        Application old{folder.database(), catalogue(), {.release = "1.0", .soak = 0s}};
        CHECK(has(closed(old.evolver, folder.database(), "instances"), "this very process"));
    }

    TEST_CASE("gate processes: a program that evolver does not know closes it by having the file open") {
        Folder const folder;
        make_catalogue(folder.database());
        tests::Child stranger{[&](tests::Line line) {
            (void)line.hear();
            RawSqlite const other{folder.database()};
            (void)other.integer("SELECT count(*) FROM packages");
            line.say('o');
            (void)line.hear();
            return 0;
        }};
        Ready ready{folder.database()};
        stranger.line().say('g');
        REQUIRE(stranger.line().hear() == 'o');
        CHECK(has(closed(ready.evolver(), folder.database(), "processes"), std::to_string(stranger.id())));
        CHECK(gate(ready.evolver(), "processes", {.override_gates = {{"processes", "it only reads"}}}).open);
        stranger.line().say('e');
        CHECK(stranger.result() == 0);
        CHECK(gate(ready.evolver(), "processes").open);
        ready.evolver().contract();
    }

    TEST_CASE("gate soak: closed until no legacy write has come in for the soak time") {
        Folder const folder;
        make_catalogue(folder.database());
        Ready ready{folder.database(), 3600s};
        CHECK(has(closed(ready.evolver(), folder.database(), "soak"), "expanded"));
        // An hour passes.
        RawSqlite const other{folder.database()};
        other.run("UPDATE evolver_migration SET expanded_at = expanded_at - 3600");
        CHECK(gate(ready.evolver(), "soak").open);
        other.run("UPDATE packages SET size = '1' WHERE id = 1");
        CHECK(has(closed(ready.evolver(), folder.database(), "soak"), "last legacy write"));
        other.run("UPDATE evolver_legacy SET last_at = last_at - 3600");
        CHECK(gate(ready.evolver(), "soak").open);
        ready.evolver().reconcile();
        ready.evolver().contract();
    }

    TEST_CASE("an override opens its gate by name, and its reason stands in the audit trail") {
        Folder const folder;
        make_catalogue(folder.database());
        Ready ready{folder.database(), 3600s};
        ready.evolver().contract({.override_gates = {{"soak", "nobody else uses this file"}}});
        CHECK(has(audit_of(ready.application, "gate overridden"),
                  "0002-size-bytes:alice:soak: nobody else uses this file"));
        CHECK_FALSE(ready.evolver().verify_audit());
    }

    TEST_CASE("an override of an unknown gate, one without a reason, and one of what proves the data are refused") {
        Folder const folder;
        make_catalogue(folder.database());
        Ready ready{folder.database()};
        auto const words = [&](ContractOptions const& options) -> std::string {
            try {
                ready.evolver().contract(options);
            } catch (PlanError const& error) {
                return error.what();
            }
            return "";
        };
        auto const unknown = words({.override_gates = {{"soka", "a typo"}}});
        CHECK(has(unknown, "no gate \"soka\""));
        CHECK(has(unknown, "soak"));
        CHECK_FALSE(has(unknown, "backfill"));  // not one of those that can be
        CHECK(has(words({.override_gates = {{"soak", ""}}}), "no reason"));
        CHECK(has(words({.override_gates = {{"backfill", "I am sure"}}}), "backfill"));
        CHECK(has(words({.override_gates = {{"reconciliation", "I am sure"}}}), "reconciliation"));
        CHECK(has(words({.accept_loss = {{"0009", "gone"}}}), "no migration \"0009\""));
        CHECK(has(words({.accept_loss = {{"0002-size-bytes", ""}}}), "no reason"));
        CHECK(ready.evolver().status().migrations[1].phase == Phase::expanded);
        // gates() shows what contract() would say, so it minds overrides of unknown gates, too.
        CHECK_THROWS_AS((void)ready.evolver().gates({.override_gates = {{"soka", "a typo"}}}), PlanError);
    }

    TEST_CASE("a write past the triggers after reconciliation is found by the last scan") {
        Folder const folder;
        make_catalogue(folder.database());
        Ready ready{folder.database()};
        RawSqlite const careless{folder.database()};
        careless.connection().enable_triggers(false);
        careless.run("UPDATE packages SET size = '999' WHERE id = 4");
        CHECK_THROWS_AS(ready.evolver().contract(), ReconcileError);
        CHECK(ready.application.ask("SELECT size FROM packages WHERE id = 4") == "999");
    }

    TEST_CASE("an old release that starts while contract compares the rows keeps its shape") {
        struct LateStart : Observer {
            explicit LateStart(std::string database) : path{std::move(database)} {}
            void on(Event const& event) override {
                if (!armed || old || event.kind != EventKind::scanned) return;
                old.emplace(path, catalogue(), Options{.release = "1.0"});
                old->evolver.attach();
            }
            std::string path;
            bool armed = false;
            std::optional<Application> old;
        };
        Folder const folder;
        make_catalogue(folder.database());
        LateStart late{folder.database()};
        Application application{folder.database(), catalogue(), {.observer = &late, .soak = 0s}};
        application.evolver.expand();
        application.evolver.backfill();
        application.evolver.reconcile();
        late.armed = true;  // behind the first look at the gates
        CHECK_THROWS_WITH_AS((void)application.evolver.contract(), doctest::Contains("release 1.0"), GateClosed);
        REQUIRE(late.old);
        CHECK(late.old->ask("SELECT size FROM packages WHERE id = 4") == "40");
        late.armed = false;
        late.old.reset();
        application.evolver.contract();
    }

    TEST_CASE("a plan that is not expanded to its end is not contracted") {
        Folder const folder;
        make_catalogue(folder.database());
        Application application{folder.database(), catalogue()};
        CHECK_THROWS_AS(application.evolver.contract(), HistoryError);
    }

    TEST_CASE("the read of an open LiveSql holds contract back, and its end lets it through") {
        Folder const folder;
        make_catalogue(folder.database());
        Application application{folder.database(), catalogue(), {.wait = 50ms, .soak = 0s}};
        application.evolver.expand();
        application.evolver.backfill();
        application.evolver.reconcile();
        {
            auto const kept = application.evolver.table("packages").select({"title"});
            try {
                application.evolver.contract();
                FAIL("contract went ahead");
            } catch (Error const& error) {
                CHECK(error.retry_helps());
                CHECK(has(error.what(), "in the middle of a statement"));
            }
        }
        application.evolver.contract();
    }
}

TEST_SUITE("face/contract") {
    TEST_CASE("a view or a trigger on a column that would become a tombstone stops contract, in words") {
        Folder const folder;
        RawSqlite const raw{folder.database()};
        raw.run("CREATE TABLE t (id INTEGER PRIMARY KEY, size TEXT)");
        raw.run(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 90000) INSERT INTO t SELECT i, "
            "i || '00000000000000' FROM n");
        raw.run("CREATE VIEW v AS SELECT id, size FROM t");
        Plan const plan{"p",
                        {Migration{.id = "1", .release = "1.0", .operations = {RawSql{.contract = "SELECT 1"}}},
                         Migration{.id = "2",
                                   .release = "2.0",
                                   .operations = {ChangeType{.table = "t",
                                                             .from = "size",
                                                             .to = "bytes",
                                                             .type = integer(),
                                                             .up = "CAST(size AS INTEGER)",
                                                             .down = "CAST(bytes AS TEXT)"}}}}};
        Application application{folder.database(), plan};
        auto const report = application.evolver.expand();
        REQUIRE_FALSE(report.warnings.empty());
        CHECK(has(report.warnings.front(), "view \"v\""));
        application.evolver.backfill(Speed::full);
        application.evolver.reconcile();
        ContractOptions const now{.override_gates = {{"soak", "a test"}, {"processes", "a test"}}};
        CHECK_THROWS_AS(application.evolver.contract(now), PlanError);
        raw.run("DROP VIEW v");
        application.evolver.contract(now);
        CHECK(raw.integer("SELECT bytes FROM t WHERE id = 7") == 700000000000000);
    }

    TEST_CASE("a baseline of a plan that builds on tables of others is refused where the change does not show") {
        Folder const folder;
        RawSqlite const raw{folder.database()};
        raw.run("CREATE TABLE t (id INTEGER PRIMARY KEY, size TEXT)");
        Plan const plan{"p",
                        {Migration{.id = "1",
                                   .release = "1.0",
                                   .operations = {RenameColumn{.table = "t", .from = "size", .to = "bytes"}}}}};
        Application application{folder.database(), plan};
        CHECK_THROWS_AS(application.evolver.baseline("1"), DriftError);
        raw.run("ALTER TABLE t RENAME COLUMN size TO bytes");
        application.evolver.baseline("1");
        CHECK(application.evolver.expand().steps.empty());
    }

    TEST_CASE("contract waits for what is to be filled, also where nothing is removed") {
        Folder const folder;
        make_catalogue(folder.database());
        Plan const plan{"catalogue",
                        {packages_migration(), size_migration(),
                         Migration{.id = "0003-by-size",
                                   .release = "3.0",
                                   .operations = {CreateIndex{
                                       .name = "by_size", .table = "packages", .columns = {"size_bytes"}}}}}};
        {
            Application second{folder.database(), plan.until("2.0"), {.release = "2.0"}};
            second.evolver.expand();
            second.evolver.backfill();
            second.evolver.reconcile();
        }
        Application third{folder.database(), plan};
        third.evolver.expand();
        CHECK_THROWS_WITH_AS((void)third.evolver.contract(now()), doctest::Contains("the backfill is not complete"),
                             GateClosed);
        third.evolver.backfill();
        (void)third.evolver.contract(now());
        CHECK(third.ask("SELECT count(*) FROM sqlite_schema WHERE name = 'by_size'") == "1");
    }

    TEST_CASE("a column gets another default, and rows that are older than the column keep the value that they read") {
        for (bool const without_rowid : {false, true}) {
            CAPTURE(without_rowid);
            Folder const folder;
            Plan const plan{
                "things",
                {Migration{
                     .id = "1",
                     .release = "1.0",
                     .operations = {CreateTable{.table = "things",
                                                .columns = {{.name = "name", .type = text(), .nullable = false},
                                                            {.name = "size", .type = text(), .default_value = "'7'"}},
                                                .primary_key = {"name"},
                                                .without_rowid = without_rowid}}},
                 Migration{
                     .id = "2",
                     .release = "2.0",
                     .operations =
                         {AddColumn{
                              .table = "things",
                              .column = {.name = "rank", .type = integer(), .nullable = false, .default_value = "3"}},
                          AddColumn{.table = "things",
                                    .column = {.name = "place", .type = integer(), .default_value = "5"}},
                          AddColumn{.table = "things", .column = {.name = "note", .type = text()}}}},
                 Migration{.id = "3",
                           .release = "3.0",
                           .operations = {RenameColumn{.table = "things", .from = "note", .to = "remark"},
                                          SetDefault{.table = "things", .column = "rank", .value = "9"},
                                          DropDefault{.table = "things", .column = "place"},
                                          SetDefault{.table = "things", .column = "remark", .value = "'new'"},
                                          ChangeType{.table = "things",
                                                     .from = "size",
                                                     .to = "bytes",
                                                     .type = integer(),
                                                     .up = "CAST(size AS INTEGER)",
                                                     .down = "CAST(bytes AS TEXT)",
                                                     .default_value = "7"}}}}};
            RawSqlite const raw{folder.database()};
            Application application{folder.database(), plan, {.soak = 0s}};
            Evolver{application.db, plan.until("1.0"), {.release = "1.0"}}.expand();
            // More than one batch of them.
            raw.run(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700) INSERT INTO things "
                "SELECT 'thing ' || i, NULL FROM n");
            raw.run("CREATE TABLE seen (a)");
            raw.run("CREATE TRIGGER watch AFTER UPDATE ON things BEGIN INSERT INTO seen VALUES (1); END");
            application.evolver.expand();
            application.evolver.backfill();
            application.evolver.reconcile();
            (void)application.evolver.contract({.override_gates = {{"processes", "the test's own"}}});
            CHECK(
                application.ask("SELECT count(*) FROM things WHERE rank = 3 AND place = 5 AND remark IS NULL AND bytes "
                                "IS NULL") == "700");
            CHECK(application.ask("SELECT count(*) FROM seen") == "0");
            raw.run("INSERT INTO things (name) VALUES ('new')");
            CHECK(application.ask("SELECT rank || ' ' || coalesce(place, 'none') || ' ' || remark || ' ' || bytes FROM "
                                  "things WHERE name = 'new'") == "9 none new 7");
        }
    }
}
