// Stage `complete`: the release writes the new shape only, the old columns accept NULL, and there is a way back.

#include "evolver/schema/digest.hpp"
#include "support/application.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;

namespace {

Migration strict_packages() {
    return {.id = "0001-packages",
            .release = "1.0",
            .operations = {CreateTable{
                .table = "packages",
                .columns = {{.name = "id", .type = integer(), .primary_key = true},
                            {.name = "name", .type = text(), .nullable = false},
                            {.name = "size", .type = text(), .nullable = false},
                            {.name = "origin", .type = text(), .nullable = false},
                            {.name = "section", .type = text(), .nullable = false, .default_value = "'main'"}}}}};
}

/// Two columns that are NOT NULL become others, one with its default, and one that the release computes is dropped.
Plan strict_plan() {
    return Plan{"catalogue",
                {strict_packages(),
                 {.id = "0002-size-bytes",
                  .release = "2.0",
                  .operations = {ChangeType{.table = "packages",
                                            .from = "size",
                                            .to = "size_bytes",
                                            .type = integer(),
                                            .up = "CAST(size AS INTEGER)",
                                            .down = "CAST(size_bytes AS TEXT)"},
                                 ChangeType{.table = "packages",
                                            .from = "section",
                                            .to = "area",
                                            .type = text(),
                                            .up = "upper(section)",
                                            .down = "lower(area)",
                                            .default_value = "'MAIN'"},
                                 DropColumn{.table = "packages", .column = "origin", .down = "'by ' || name"}}},
                 {.id = "0003-title",
                  .release = "3.0",
                  .operations = {RenameColumn{.table = "packages", .from = "name", .to = "title"}}}}};
}

/// Release 3.0, with rows of release 1.0, at stage `switched`.
struct Switched {
    explicit Switched(std::string const& path, Options options = {.actor = "alice", .soak = 0s})
        : old{path, strict_plan().until("1.0"), {.release = "1.0"}}, application{path, strict_plan(), options} {
        old.db << "PRAGMA journal_mode = WAL";
        old.evolver.expand();
        old.db << "INSERT INTO packages (id, name, size, origin, section) VALUES (1, 'a', '10', 'x', 'main'), (2, 'b', "
                  "'20', 'y', 'main')";
        evolver.expand();
        evolver.backfill();
        evolver.reconcile();
    }
    /// The last instance of release 1.0 ends; the session goes on, for a look at what such a program would see.
    void old_ends() { old.evolver = Evolver{old.db, strict_plan().until("1.0"), {.release = "1.0"}}; }

    void insert(int id, std::string const& title, long long bytes) {
        application.db << evolver.table("packages").insert({"id", "title", "size_bytes", "area"}), soci::use(id, "id"),
            soci::use(title, "title"), soci::use(bytes, "size_bytes"), soci::use(std::string{"OLD"}, "area");
    }
    Stage stage() { return evolver.status().migrations.at(1).stage; }
    std::string schema() { return evolver.fingerprint({.tables = {"packages"}}).schema; }
    std::string row(int id) {
        return application.ask(
            "SELECT quote(size) || '|' || quote(size_bytes) || '|' || quote(section) || '|' || quote(area) || "
            "'|' || quote(origin) FROM packages WHERE id = " +
            std::to_string(id));
    }

    Application old;
    Application application;
    Evolver& evolver = application.evolver;
};

}  // namespace

TEST_SUITE_BEGIN("face/completion");

TEST_CASE("complete: the release writes the new shape only, and programs of the old one read and write as before") {
    Folder const folder;
    Switched three{folder.database()};
    three.old_ends();
    CHECK(has(three.evolver.table("packages").insert({"title", "size_bytes", "area"}).text(), "\"size\""));
    CHECK(three.evolver.advance_stage({.reason = "rest here"}) == Stage::complete);
    CHECK(three.stage() == Stage::complete);
    auto const text = three.evolver.table("packages").insert({"title", "size_bytes", "area"}).text();
    CHECK_FALSE(has(text, "\"size\""));
    CHECK(has(text, "origin"));  // nothing but the release itself fills a column that is dropped
    three.insert(3, "c", 30);
    CHECK(three.row(3) == "'30'|30|'old'|'OLD'|'by c'");
    int const id = 3;
    long long const bytes = 31;
    three.application.db << three.evolver.table("packages").update({"size_bytes"}) + " WHERE id = :id",
        soci::use(bytes, "size_bytes"), soci::use(id, "id");
    CHECK(three.row(3) == "'31'|31|'old'|'OLD'|'by c'");
    three.old.db << "UPDATE packages SET size = '7' WHERE id = 1";
    three.old.db << "INSERT INTO packages (id, name, size, origin, section) VALUES (4, 'd', '40', 'z', 'main')";
    CHECK(three.row(1) == "'7'|7|'main'|'MAIN'|'x'");
    CHECK(three.row(4) == "'40'|40|'main'|'MAIN'|'z'");
    CHECK(three.evolver.status().missing_triggers.empty());
    CHECK(three.evolver.reconcile().different() == 0);
    CHECK(three.application.ask("SELECT group_concat(event, ', ') FROM evolver_audit WHERE event LIKE 'stage%'") ==
          "stage complete");
}

TEST_CASE("complete: a NULL by hand stays one in both shapes, and the release itself is held to NOT NULL") {
    Folder const folder;
    Switched three{folder.database()};
    three.old_ends();
    three.evolver.advance_stage();
    three.application.db
        << "INSERT INTO packages (id, name, size_bytes, section, area) VALUES (5, 'e', 50, NULL, NULL)";
    CHECK(three.row(5) == "'50'|50|NULL|NULL|NULL");
    int const id = 6;
    std::string const title = "f";
    long long const bytes = 60;
    std::string const area;
    soci::indicator null = soci::i_null;
    CHECK_THROWS_AS(
        (three.application.db << three.evolver.table("packages").insert({"id", "title", "size_bytes", "area"}),
         soci::use(id, "id"), soci::use(title, "title"), soci::use(bytes, "size_bytes"), soci::use(area, null, "area")),
        std::exception);
}

TEST_CASE("complete: contract leads on, and the database is that of a fresh install") {
    Folder const folder;
    Switched three{folder.database()};
    three.old_ends();
    three.evolver.advance_stage();
    three.insert(3, "c", 30);
    three.evolver.contract();
    CHECK(three.application.ask("SELECT group_concat(name || CASE \"notnull\" WHEN 1 THEN '!' ELSE '' END, ' ') FROM "
                                "pragma_table_info('packages')") == "id title! size_bytes! area!");
    CHECK(three.application.ask("SELECT group_concat(size_bytes, ' ') FROM packages") == "10 20 30");
    CHECK(three.application.ask("SELECT count(*) FROM evolver_relaxed") == "0");
    CHECK(three.application.ask("PRAGMA integrity_check") == "ok");
    Folder const other;
    Application fresh{other.database(), strict_plan(), {.soak = 0s}};
    fresh.evolver.expand();
    fresh.evolver.backfill();
    fresh.evolver.reconcile();
    fresh.evolver.contract();
    CHECK(differences(fresh.evolver.fingerprint({.tables = {"packages"}}),
                      three.evolver.fingerprint({.tables = {"packages"}}))
              .size() >= 1);  // the rows
    CHECK(fresh.evolver.fingerprint().schema == three.evolver.fingerprint().schema);
}

TEST_CASE("complete: the way back fills what is missing, and the old columns are NOT NULL again") {
    Folder const folder;
    Switched three{folder.database()};
    three.old_ends();
    auto const before = three.schema();
    three.evolver.advance_stage();
    CHECK(three.schema() != before);
    // By hand, in the new shape alone: nothing knows what the dropped column was to hold.
    three.application.db
        << "INSERT INTO packages (id, name, size_bytes, section, area) VALUES (3, 'c', 30, NULL, 'OLD')";
    CHECK(three.row(3) == "'30'|30|'old'|'OLD'|NULL");
    CHECK(three.evolver.step_back({.reason = "a report fails"}) == Stage::switched);
    CHECK(three.schema() == before);
    CHECK(three.row(3) == "'30'|30|'old'|'OLD'|'by c'");
    CHECK(three.row(1) == "'10'|10|'main'|'MAIN'|'x'");
    CHECK(three.evolver.status().migrations.at(1).held == "a report fails");
    three.insert(4, "d", 40);
    CHECK(three.row(4) == "'40'|40|'old'|'OLD'|'by d'");
    CHECK(three.application.ask("SELECT count(*) FROM evolver_relaxed") == "0");
    CHECK(three.application.ask("PRAGMA integrity_check") == "ok");
    CHECK(three.evolver.step_back({.reason = "again"}) == Stage::dual);
}

TEST_CASE("complete: the way back names a row whose old value nobody knows, and goes on once it has one") {
    Folder const folder;
    Switched three{folder.database()};
    three.old_ends();
    three.evolver.advance_stage();
    three.application.db
        << "INSERT INTO packages (id, name, size_bytes, section, area) VALUES (5, 'e', NULL, NULL, 'A')";
    auto const words = refused([&] { three.evolver.step_back({.reason = "a report fails"}); });
    CHECK(has(words, "packages.size of the row with key 5 is NULL"));
    CHECK(three.stage() == Stage::switched);
    CHECK(has(refused([&] {
                  three.evolver.rollback({.migration = "0003-title"}),
                      three.evolver.rollback({.migration = "0002-size-bytes"});
              }),
              "step_back({.reason"));
    three.application.db << "UPDATE packages SET size = '50' WHERE id = 5";
    CHECK(three.evolver.step_back({.reason = "a report fails"}) == Stage::switched);
    CHECK(three.row(5) == "'50'|50|'a'|'A'|'by e'");
    CHECK(three.application.ask("SELECT count(*) FROM evolver_relaxed") == "0");
}

TEST_CASE("complete: a row that comes in behind the last batch of the way back gets its old value, too") {
    Folder const folder;
    struct Behind : Observer {
        void on(Event const& event) override {
            if (event.kind != EventKind::batch || added) return;
            added = true;
            RawSqlite const hand{path};
            hand.run("INSERT INTO packages (id, name, size_bytes, section, area) VALUES (0, 'z', 70, NULL, 'Q')");
        }
        std::string path;
        bool added = true;
    } behind;
    behind.path = folder.database();
    Switched three{folder.database(), {.actor = "alice", .observer = &behind, .soak = 0s}};
    three.old_ends();
    three.evolver.advance_stage();
    behind.added = false;
    three.evolver.step_back({.reason = "a report fails"});
    CHECK(behind.added);
    CHECK(three.row(0) == "'70'|70|'q'|'Q'|'by z'");
    CHECK(three.application.ask("PRAGMA integrity_check") == "ok");
}

TEST_CASE("complete: it waits for the gates of contract, but for those that only removing needs") {
    Folder const folder;
    Switched three{folder.database(), {.actor = "alice", .soak = 1h}};
    three.old.evolver.attach();
    auto const words = refused([&] { three.evolver.advance_stage(); });
    CHECK(has(words, "instances (0002-size-bytes): still alive: release 1.0"));
    CHECK(has(words, "soak (0002-size-bytes)"));
    CHECK(three.stage() == Stage::switched);
    three.old_ends();
    CHECK(has(refused([&] { three.evolver.advance_stage({.override_gates = {{"soak", ""}}}); }), "has no reason"));
    CHECK(three.evolver.advance_stage({.override_gates = {{"soak", "a test"}}}) == Stage::complete);
    CHECK(has(refused([&] { three.evolver.advance_stage(); }), "what comes next is contract"));
}

TEST_CASE("complete: not before an earlier migration is contracted, and there is no rollback from it") {
    Folder const folder;
    Switched three{folder.database()};
    three.old_ends();
    CHECK(has(refused([&] { three.evolver.advance_stage({.migration = "0003-title"}); }),
              "before \"0002-size-bytes\" is contracted"));
    three.evolver.advance_stage();
    three.evolver.rollback({.migration = "0003-title"});
    CHECK(has(refused([&] { three.evolver.rollback({.migration = "0002-size-bytes"}); }), "is at stage complete"));
}

TEST_CASE("complete: another instance follows at its next statement, prepared ones too") {
    Folder const folder;
    Switched three{folder.database()};
    three.old_ends();
    Application other{folder.database(), strict_plan()};
    other.evolver.attach();
    int id = 10;
    std::string const title = "x";
    std::string const area = "Z";
    long long bytes = 1;
    LiveStatement insert{other.db, other.evolver.table("packages").insert({"id", "title", "size_bytes", "area"})};
    insert.use(id, "id").use(title, "title").use(bytes, "size_bytes").use(area, "area");
    insert.execute();
    three.evolver.advance_stage();
    id = 11;
    insert.execute();
    three.evolver.step_back({.reason = "back"});
    id = 12;
    insert.execute();
    CHECK(three.row(10) == "'1'|1|'z'|'Z'|'by x'");
    CHECK(three.row(11) == "'1'|1|'z'|'Z'|'by x'");
    CHECK(three.row(12) == "'1'|1|'z'|'Z'|'by x'");
}

TEST_CASE("complete: a column that has moved to another table is filled for older releases, and there is a way back") {
    Plan const plan{
        "people",
        {Migration{.id = "0001",
                   .release = "1.0",
                   .operations = {CreateTable{.table = "users",
                                              .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                          {.name = "address", .type = text(), .nullable = false}}},
                                  CreateTable{.table = "profiles",
                                              .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                          {.name = "user_id", .type = integer()}},
                                              .unique_keys = {{.columns = {"user_id"}}}}}},
         Migration{.id = "0002",
                   .release = "2.0",
                   .operations = {MoveColumn{.from = "users",
                                             .column = "address",
                                             .to = "profiles",
                                             .from_key = {"id"},
                                             .to_key = {"user_id"},
                                             .absent = "'none'"}}}}};
    Folder const folder;
    Application old{folder.database(), plan.until("1.0"), {.release = "1.0"}};
    old.db << "PRAGMA journal_mode = WAL";
    old.evolver.expand();
    old.db << "INSERT INTO users VALUES (1, 'a street')";
    old.db << "INSERT INTO profiles VALUES (1, 1)";
    Application two{folder.database(), plan, {.soak = 0s}};
    two.evolver.expand();
    two.evolver.backfill();
    two.evolver.reconcile();
    auto const before = two.evolver.fingerprint({.tables = {"users"}}).schema;
    old.evolver = Evolver{old.db, plan.until("1.0"), {.release = "1.0"}};
    CHECK(two.evolver.advance_stage() == Stage::complete);
    int const id = 2;
    std::string const address = "a road";
    two.db << two.evolver.table("users").insert({"id"}), soci::use(id, "id");
    CHECK(old.ask("SELECT address FROM users WHERE id = 2") == "none");
    two.db << two.evolver.table("profiles").insert({"id", "user_id", "address"}), soci::use(id, "id"),
        soci::use(id, "user_id"), soci::use(address, "address");
    CHECK(old.ask("SELECT address FROM users WHERE id = 2") == "a road");
    old.db << "UPDATE users SET address = 'a square' WHERE id = 1";
    CHECK(two.ask("SELECT address FROM profiles WHERE id = 1") == "a square");
    two.db << "INSERT INTO users (id) VALUES (3)";
    CHECK(two.evolver.step_back({.reason = "a test"}) == Stage::switched);
    CHECK(two.evolver.fingerprint({.tables = {"users"}}).schema == before);
    CHECK(two.ask("SELECT group_concat(address, ', ') FROM users") == "a square, a road, none");
    two.evolver.release_stage();
    two.evolver.reconcile();
    CHECK(two.evolver.advance_stage() == Stage::complete);
    two.evolver.contract();
    CHECK(two.ask("SELECT group_concat(address, ', ') FROM profiles") == "a square, a road");
    CHECK(two.ask("SELECT group_concat(name, ' ') FROM pragma_table_info('users')") == "id");
}

TEST_SUITE_END();
