// The whole way on a real server: two releases side by side, from before expand to after contract, and back.

#include "execute/postgresql/contract.hpp"
#include "execute/postgresql/expand.hpp"
#include "execute/postgresql/filling.hpp"
#include "execute/postgresql/reconcile.hpp"
#include "execute/postgresql/rollback.hpp"
#include "execute/postgresql/status.hpp"

#include "dialect/postgresql/proof.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/execute/reconcile_error.hpp"
#include "evolver/fleet/gate.hpp"
#include "evolver/ledger/ledger_error.hpp"
#include "ledger/postgresql/audit.hpp"
#include "support/postgresql.hpp"
#include "support/postgresql_catalogue.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace evolver;
using namespace evolver::testing;
using namespace std::chrono_literals;
using postgresql::Site;

namespace {

Migration title() {
    return {.id = "0003-title",
            .release = "2.0",
            .operations = {RenameColumn{.table = "packages", .from = "name", .to = "title"}}};
}

/// One database, and what an operator of release 2.0 does to it.
struct World {
    PostgresqlDatabase database;
    postgresql::Connection app = database.connect();

    [[nodiscard]] Site site(Plan plan, std::string release = "2.0") const {
        return Site{database.connect(), std::move(plan), {.release = std::move(release), .actor = "alice"}};
    }
    /// Release 1.0, with rows.
    void begin(std::vector<Migration> const& first, std::string const& rows) const {
        auto old = site(Plan{"catalogue", first}, "1.0");
        (void)postgresql::expand(old);
        app.run(rows);
    }
    [[nodiscard]] std::string one(std::string const& sql) const { return app.text(sql); }
};

void fill(Site& site) {
    postgresql::Filler filler{site};
    while (filler.advance(5ms, Pace::polite)) {
    }
}

ContractOptions no_soak() { return {.override_gates = {{"soak", "a test"}}}; }

constexpr auto rows =
    "INSERT INTO packages (id, name, size) SELECT i, 'package-' || i, i * 10 FROM generate_series(1, 2500) AS i";

}  // namespace

TEST_SUITE_BEGIN("execute/postgresql/rollout");

TEST_CASE("rollout on postgresql: the quickstart, with two releases in plain SQL") {
    World const world;
    world.begin({packages()}, rows);
    Plan const plan{"catalogue", {packages(), size_bytes(), title()}};
    auto site = world.site(plan);
    (void)postgresql::expand(site);

    world.app.run("INSERT INTO packages (id, name, size) VALUES (9001, 'old-writer', '123')");
    CHECK(world.one("SELECT size_bytes FROM packages WHERE id = 9001") == "123");
    CHECK(world.one("SELECT title FROM packages WHERE id = 9001") == "old-writer");
    world.app.run("INSERT INTO packages (id, title, size_bytes) VALUES (9002, 'new-writer', 456)");
    CHECK(world.one("SELECT name || ' ' || size FROM packages WHERE id = 9002") == "new-writer 456");
    world.app.run("UPDATE packages SET size = '777' WHERE id = 9002");
    CHECK(world.one("SELECT size_bytes FROM packages WHERE id = 9002") == "777");

    try {
        (void)postgresql::contract(site, 24h);
        FAIL("contract before the backfill");
    } catch (GateClosed const& closed) {
        CHECK(std::string{closed.what()}.find("0002-size-bytes") != std::string::npos);
    }
    CHECK_THROWS_AS((void)postgresql::reconcile(site), GateClosed);

    fill(site);
    CHECK(world.one("SELECT count(*) FROM packages WHERE size_bytes IS NULL OR title IS NULL") == "0");
    auto const found = postgresql::reconcile(site);
    CHECK(found.rows() == 2 * 2502);
    CHECK(found.different() == 0);
    CHECK(world.one("SELECT size FROM packages WHERE id = 7") == "70");

    CHECK_THROWS_WITH_AS((void)postgresql::contract(site, 24h), doctest::Contains("soak"), GateClosed);
    (void)postgresql::contract(site, 24h, no_soak());
    CHECK(world.one("SELECT string_agg(attname, ' ' ORDER BY attname) FROM pg_attribute WHERE attrelid = "
                    "'packages'::regclass AND attnum > 0 AND NOT attisdropped") == "id size_bytes title");
    CHECK(world.one("SELECT size_bytes FROM packages WHERE id = 9002") == "777");
    CHECK(world.one("SELECT count(*) FROM pg_trigger WHERE tgname LIKE '%evolver_sync'") == "0");
    CHECK(world.one("SELECT count(*) FROM pg_proc WHERE proname LIKE 'evolver\\_%' AND proname NOT IN "
                    "('evolver_audit_guard', 'evolver_quarantine_row')") == "0");
    world.app.run("INSERT INTO packages (id, title, size_bytes) VALUES (9003, 'after', 1)");

    auto stale = world.site(plan.until("1.0"), "1.0");
    CHECK_THROWS_WITH_AS((void)postgresql::expand(stale), doctest::Contains("2.0"), SchemaTooNew);
    CHECK(postgresql::expand(site).steps.empty());
    CHECK_FALSE(ledger::verify_audit(world.app));
    CHECK(
        world.one("SELECT string_agg(event || ' ' || migration, ', ' ORDER BY sequence) FROM evolver_audit WHERE event "
                  "IN ('expand', 'contract')") ==
        "expand 0001-packages, expand 0002-size-bytes, expand 0003-title, contract 0001-packages, contract "
        "0002-size-bytes, contract 0003-title");
}

TEST_CASE(
    "rollout on postgresql: rollback leads back to the old shape, with what was written meanwhile, and forward again") {
    World const world;
    world.begin({packages()}, rows);
    auto site = world.site(Plan{"catalogue", {packages(), size_bytes()}});
    auto const before = world.one("SELECT md5(string_agg(p::text, ',' ORDER BY id)) FROM packages AS p");
    (void)postgresql::expand(site);
    fill(site);
    (void)postgresql::rollback(site, {.migration = "0002-size-bytes"});
    CHECK(world.one("SELECT md5(string_agg(p::text, ',' ORDER BY id)) FROM packages AS p") == before);
    CHECK(world.one("SELECT count(*) FROM pg_trigger WHERE tgname LIKE '%evolver_sync'") == "0");

    (void)postgresql::expand(site);
    world.app.run("INSERT INTO packages (id, name, size_bytes) VALUES (5001, 'new', 5)");
    (void)postgresql::rollback(site, {.migration = "0002-size-bytes"});
    CHECK(world.one("SELECT size FROM packages WHERE id = 5001") == "5");
    (void)postgresql::expand(site);
    fill(site);
    (void)postgresql::reconcile(site);
    (void)postgresql::contract(site, 24h, no_soak());
    CHECK(world.one("SELECT size_bytes FROM packages WHERE id = 5001") == "5");
    CHECK_THROWS_AS((void)postgresql::rollback(site, {.migration = "0002-size-bytes"}), HistoryError);
}

TEST_CASE(
    "rollout on postgresql: what the new shape cannot hold closes contract until its loss is accepted, and is kept") {
    World const world;
    world.begin({packages()}, "INSERT INTO packages VALUES (1, 'a', '12'), (2, 'b', 'twelve'), (3, 'c', NULL)");
    auto site = world.site(Plan{"catalogue", {packages(), size_bytes()}});
    (void)postgresql::expand(site);
    world.app.run("INSERT INTO packages (id, name, size) VALUES (4, 'd', '4 kB')");  // does not fail
    fill(site);
    CHECK(postgresql::reconcile(site).lossy() == 2);
    CHECK_THROWS_WITH_AS((void)postgresql::contract(site, 24h, no_soak()), doctest::Contains("2 rows"), GateClosed);
    auto options = no_soak();
    options.accept_loss = {{"0002-size-bytes", "nobody needs them"}};
    (void)postgresql::contract(site, 24h, options);
    CHECK(world.one("SELECT string_agg(row_key || '=' || value, ', ' ORDER BY row_key) FROM evolver_quarantine WHERE "
                    "value IS NOT NULL") == "2=twelve, 4=4 kB");
}

TEST_CASE("rollout on postgresql: a write past the triggers is found by reconcile, with its key") {
    World const world;
    world.begin({packages()}, rows);
    auto site = world.site(Plan{"catalogue", {packages(), size_bytes()}});
    (void)postgresql::expand(site);
    fill(site);
    world.app.run(
        "BEGIN; SET LOCAL session_replication_role = replica; UPDATE packages SET size = '1' WHERE id = 17; "
        "COMMIT");
    try {
        (void)postgresql::reconcile(site);
        FAIL("row 17 differs");
    } catch (ReconcileError const& error) {
        REQUIRE(error.rows().size() == 1);
        CHECK(error.rows()[0].key == "17");
    }
}

TEST_CASE("rollout on postgresql: a legacy write after reconcile closes contract until the next one") {
    World const world;
    world.begin({packages()}, rows);
    auto site = world.site(Plan{"catalogue", {packages(), size_bytes()}});
    (void)postgresql::expand(site);
    fill(site);
    (void)postgresql::reconcile(site);
    world.app.run("UPDATE packages SET size = '1' WHERE id = 17");
    CHECK_THROWS_WITH_AS((void)postgresql::contract(site, 0s), doctest::Contains("legacy writes"), GateClosed);
    CHECK(postgresql::status_of(site).migrations[1].legacy_writes == 1);
    (void)postgresql::reconcile(site);
    (void)postgresql::contract(site, 0s);
    CHECK(world.one("SELECT size_bytes FROM packages WHERE id = 17") == "1");
}

TEST_CASE(
    "rollout on postgresql: a legacy write in the middle of which reconcile comes is waited for, and what it would "
    "lose is known") {
    World const world;
    world.begin({packages()}, rows);
    postgresql::SiteOptions impatient{.release = "2.0", .actor = "alice", .wait = 200ms};
    Site site{world.database.connect(), Plan{"catalogue", {packages(), size_bytes()}}, impatient};
    (void)postgresql::expand(site);
    fill(site);
    auto const writer = world.database.connect();
    writer.run("BEGIN; UPDATE packages SET size = '12 kB' WHERE id = 17");
    try {
        (void)postgresql::reconcile(site);
        FAIL("a write is under way whose row nobody can see");
    } catch (Error const& error) {
        CHECK(error.retry_helps());
    }
    writer.run("COMMIT");
    CHECK(postgresql::reconcile(site).lossy() == 1);
    CHECK_THROWS_WITH_AS((void)postgresql::contract(site, 0s, no_soak()), doctest::Contains("lossless"), GateClosed);
    CHECK(world.one("SELECT size FROM packages WHERE id = 17") == "12 kB");
}

TEST_CASE("rollout on postgresql: rows that have come to lose something past the triggers keep contract waiting") {
    World const world;
    world.begin({packages()}, rows);
    auto site = world.site(Plan{"catalogue", {packages(), size_bytes()}});
    (void)postgresql::expand(site);
    fill(site);
    (void)postgresql::reconcile(site);
    world.app.run(
        "SET session_replication_role = replica; UPDATE packages SET size = '007', size_bytes = 7 WHERE id = 17; RESET "
        "session_replication_role");
    CHECK_THROWS_WITH_AS((void)postgresql::contract(site, 0s, no_soak()),
                         doctest::Contains("more rows would lose something"), GateClosed);
    CHECK(world.one("SELECT size FROM packages WHERE id = 17") == "007");
}

TEST_CASE("rollout on postgresql: a generated column cannot be the source of another, and that is said") {
    World const world;
    world.app.run(
        "CREATE TABLE things (id int PRIMARY KEY, name text, label text GENERATED ALWAYS AS (name || '!') STORED)");
    auto site = world.site(
        Plan{"catalogue",
             {Migration{.id = "0001-label",
                        .release = "2.0",
                        .operations = {RenameColumn{.table = "things", .from = "label", .to = "caption"}}}}});
    CHECK_THROWS_WITH_AS((void)postgresql::expand(site), doctest::Contains("is generated"), PlanError);
}

TEST_CASE("rollout on postgresql: a live instance of the old release closes contract") {
    World const world;
    world.begin({packages()}, rows);
    Plan const plan{"catalogue", {packages(), size_bytes()}};
    auto site = world.site(plan);
    {
        auto old = world.site(plan.until("1.0"), "1.0");
        (void)postgresql::expand(old);
        (void)postgresql::expand(site);
        fill(site);
        (void)postgresql::reconcile(site);
        CHECK_THROWS_WITH_AS((void)postgresql::contract(site, 0s), doctest::Contains("release 1.0"), GateClosed);
    }
    (void)postgresql::contract(site, 0s);
}

TEST_CASE("rollout on postgresql: what is not possible yet is refused by name before the first write") {
    World const world;
    world.begin({packages()}, rows);
    auto const refused = [&](Operation const& operation) {
        auto site =
            world.site(Plan{"catalogue", {packages(), {.id = "0002", .release = "2.0", .operations = {operation}}}});
        try {
            (void)postgresql::expand(site);
        } catch (PlanError const& error) {
            return std::string{error.what()};
        }
        return std::string{};
    };
    CHECK(refused(ChangeType{.table = "packages",
                             .from = "size",
                             .to = "size_bytes",
                             .type = integer(),
                             .up = "CAST(sice AS BIGINT)",
                             .down = "CAST(size_bytes AS TEXT)"})
              .find("sice") != std::string::npos);
    CHECK(refused(ChangeType{.table = "packages",
                             .from = "size",
                             .to = "size_bytes",
                             .type = integer(),
                             .up = "CAST(size AS BIGINT)",
                             .down = "coalesce(CAST(size_bytes AS TEXT), '0')"})
              .find("NULL") != std::string::npos);
    CHECK(refused(
              AddColumn{.table = "packages", .column = {.name = "drawn", .type = real(), .default_value = "random()"}})
              .find("default") != std::string::npos);
    CHECK(world.one("SELECT count(*) FROM evolver_migration") == "1");
    CHECK(world.one("SELECT count(*) FROM pg_attribute WHERE attrelid = 'packages'::regclass AND attnum > 0") == "3");
    CHECK(world.one("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'evolver%'") == "0");
}

TEST_CASE(
    "rollout on postgresql: an index that could only be made anew as a plain one is refused, and a plain one is not") {
    for (auto const* const definition :
         {"packages USING hash (size)", "packages (size DESC)", "packages (size text_pattern_ops)",
          "packages (size COLLATE \"C\")", "packages (size) INCLUDE (name)"}) {
        CAPTURE(definition);
        World const world;
        world.begin({packages()}, std::string{"CREATE INDEX by_size ON "} + definition);
        auto site = world.site(Plan{"catalogue", {packages(), title(), size_bytes()}});
        CHECK_THROWS_WITH_AS((void)postgresql::expand(site), doctest::Contains("would be made anew as a plain one"),
                             PlanError);
        CHECK(world.one("SELECT count(*) FROM evolver_migration") == "1");
        // Under another name of its column an index stays what it is.
        auto renamed = world.site(
            Plan{"catalogue",
                 {packages(),
                  {.id = "0002", .release = "2.0", .operations = {RenameColumn{"packages", "size", "weight"}}}}});
        (void)postgresql::expand(renamed);
    }
    World const world;
    world.begin({packages()}, "CREATE INDEX by_size ON packages (size, id) WHERE id > 5");
    auto site = world.site(Plan{"catalogue", {packages(), size_bytes()}});
    (void)postgresql::expand(site);
}

TEST_CASE(
    "rollout on postgresql: what a contract that was killed has begun to prove, the next one proves, and a rollback "
    "takes "
    "away") {
    Check const sound{.name = "sound", .condition = "size <> ''"};
    Plan const plan{"catalogue",
                    {packages(),
                     {.id = "0002",
                      .release = "2.0",
                      .operations = {SetNotNull{.table = "packages", .column = "size"},
                                     AddCheck{.table = "packages", .name = "sound", .condition = sound.condition},
                                     AddUnique{.table = "packages", .name = "one", .columns = {"name"}}}}}};
    for (bool const back : {false, true}) {
        CAPTURE(back);
        World const world;
        world.begin({packages()}, rows);
        auto site = world.site(plan);
        (void)postgresql::expand(site);
        fill(site);
        (void)postgresql::reconcile(site);
        world.app.run(postgresql::prove_not_null("public", "packages", "size").make);
        world.app.run(postgresql::prove_check("public", "packages", sound).make);
        if (back)
            (void)postgresql::rollback(site, {.migration = "0002"});
        else
            (void)postgresql::contract(site, 24h, no_soak());
        CHECK(world.one("SELECT count(*) FROM pg_constraint WHERE conname LIKE 'evolver\\_%' AND conrelid = "
                        "'packages'::regclass") == "0");
        CHECK(world.one("SELECT count(*) FROM pg_constraint WHERE conname = 'sound' AND convalidated") ==
              (back ? "0" : "1"));
        CHECK(world.one("SELECT count(*) FROM pg_class WHERE relname LIKE 'evolver\\_index%'") == "0");
    }
}

TEST_CASE(
    "rollout on postgresql: a check that another operator has begun to prove anew is not taken for proven when it gets "
    "its name") {
    World const world;
    world.begin({packages()}, "INSERT INTO packages (id, name, size) VALUES (1, 'a', '')");
    Check const sound{.name = "sound", .condition = "size <> ''"};
    world.app.run(postgresql::prove_check("public", "packages", sound).make);
    auto const settle = [&] {
        for (auto const& sql : postgresql::settle("public", "packages", sound)) world.app.run(sql);
    };
    CHECK_THROWS_WITH_AS(settle(), doctest::Contains("23514"), EngineError);
    world.app.run("UPDATE packages SET size = '1'");
    settle();
    CHECK(world.one("SELECT convalidated FROM pg_constraint WHERE conname = 'sound'") == "t");
}

TEST_CASE("rollout on postgresql: each operation that has no meaning here yet says so, and writes nothing") {
    World const world;
    auto first = packages();
    std::get<CreateTable>(first.operations[0])
        .columns.push_back({.name = "kind", .type = text(), .default_value = "'box'"});
    world.begin({first}, "CREATE UNIQUE INDEX packages_by_kind ON packages (kind)");
    std::vector<Operation> const operations{
        AddColumn{.table = "packages", .column = {.name = "twice", .type = text(), .generated = "size || size"}},
        ChangeType{.table = "packages",
                   .from = "kind",
                   .to = "kind_number",
                   .type = integer(),
                   .up = "CAST(kind AS BIGINT)",
                   .down = "CAST(kind_number AS TEXT)",
                   .default_value = "0"},
    };
    for (auto const& operation : operations) {
        CAPTURE(title(operation));
        auto site = world.site(Plan{"catalogue", {first, {.id = "0002", .release = "2.0", .operations = {operation}}}});
        CHECK_THROWS_WITH_AS((void)postgresql::expand(site), doctest::Contains("not possible on PostgreSQL yet"),
                             PlanError);
        CHECK(world.one("SELECT count(*) FROM evolver_migration") == "1");
    }
    world.app.run(
        "CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER "
        "touch BEFORE UPDATE ON packages FOR EACH ROW EXECUTE FUNCTION touched()");
    auto site = world.site(Plan{"catalogue", {first, size_bytes()}});
    CHECK_THROWS_WITH_AS((void)postgresql::expand(site), doctest::Contains("touch"), PlanError);
    auto filled = world.site(
        Plan{"catalogue",
             {first,
              {.id = "0002",
               .release = "2.0",
               .operations = {Backfill{.table = "packages", .set = {{"size", "'1'"}}, .where = "size IS NULL"}}}}});
    CHECK_THROWS_WITH_AS((void)postgresql::expand(filled), doctest::Contains("touch"), PlanError);
}

TEST_CASE("rollout on postgresql: SQL that would end the migration's transaction is refused, and nothing of it stays") {
    World const world;
    world.begin({packages()}, "INSERT INTO packages (id, name, size) VALUES (1, 'one', '7')");
    for (std::string const sql : {"UPDATE packages SET size = '1'; COMMIT; SELECT 1",
                                  "UPDATE packages SET size = '1'; DO $$ BEGIN COMMIT; END $$"}) {
        CAPTURE(sql);
        auto site = world.site(
            Plan{"catalogue", {packages(), {.id = "0002", .release = "2.0", .operations = {RawSql{.expand = sql}}}}});
        CHECK_THROWS_AS((void)postgresql::expand(site), PlanError);
        CHECK(world.one("SELECT count(*) FROM evolver_migration") == "1");
        CHECK(world.one("SELECT size FROM packages") == "7");
    }
}

TEST_CASE(
    "rollout on postgresql: a column, a table and an index are dropped at contract, and SQL runs in both phases") {
    World const world;
    auto first = packages();
    first.operations.emplace_back(
        CreateTable{.table = "notes", .columns = {{.name = "id", .type = integer(), .primary_key = true}}});
    std::get<CreateTable>(first.operations[0])
        .columns.push_back({.name = "state", .type = text(), .nullable = false, .default_value = "'new'"});
    first.operations.emplace_back(CreateIndex{.name = "by_name", .table = "packages", .columns = {"name"}});
    world.begin({first}, rows);
    Plan const plan{"catalogue",
                    {first,
                     {.id = "0002-drops",
                      .release = "2.0",
                      .operations = {DropColumn{.table = "packages", .column = "name", .down = "'none'"},
                                     DropTable{.table = "notes"}, DropNotNull{.table = "packages", .column = "state"},
                                     RawSql{.expand = "CREATE TABLE extra (id bigint PRIMARY KEY)",
                                            .contract = "INSERT INTO extra VALUES (1)",
                                            .undo = "DROP TABLE extra"}}}}};
    auto site = world.site(plan);
    (void)postgresql::expand(site);
    (void)postgresql::rollback(site, {.migration = "0002-drops"});
    CHECK(world.one("SELECT to_regclass('extra') IS NULL") == "t");
    (void)postgresql::expand(site);
    world.app.run("INSERT INTO packages (id, size) VALUES (9001, '1')");
    CHECK(world.one("SELECT name FROM packages WHERE id = 9001") == "none");
    world.app.run("INSERT INTO notes VALUES (1)");
    fill(site);
    (void)postgresql::reconcile(site);
    (void)postgresql::contract(site, 0s, no_soak());
    CHECK(world.one("SELECT to_regclass('notes') IS NULL AND to_regclass('by_name') IS NULL") == "t");
    CHECK(world.one("SELECT count(*) FROM extra") == "1");
    CHECK(
        world.one(
            "SELECT attnotnull OR NOT atthasdef FROM pg_attribute WHERE attrelid = 'packages'::regclass AND attname = "
            "'state'") == "f");
    CHECK(world.one("SELECT count(*) FROM packages") == "2501");
}

TEST_CASE("rollout on postgresql: split, merge, add, drop and index, from expand to contract") {
    World const world;
    world.begin({packages()},
                "INSERT INTO packages (id, name, size) SELECT i, 'first' || i || ' last' || i, i FROM "
                "generate_series(1, 1000) AS i; CREATE INDEX packages_by_size ON packages (size)");
    Plan const plan{
        "catalogue",
        {packages(),
         {.id = "0002-split",
          .release = "2.0",
          .operations = {SplitColumn{.table = "packages",
                                     .from = "name",
                                     .into = {{.name = "first_name", .type = text(), .up = "split_part(name, ' ', 1)"},
                                              {.name = "last_name", .type = text(), .up = "split_part(name, ' ', 2)"}},
                                     .down = "first_name || ' ' || last_name"}}},
         {.id = "0003-more",
          .release = "2.0",
          .operations = {AddColumn{
                             .table = "packages",
                             .column = {.name = "state", .type = text(), .nullable = false, .default_value = "'new'"}},
                         CreateIndex{.name = "packages_by_state", .table = "packages", .columns = {"state"}},
                         ChangeType{.table = "packages",
                                    .from = "size",
                                    .to = "size_bytes",
                                    .type = integer(),
                                    .up = "CAST(size AS BIGINT)",
                                    .down = "CAST(size_bytes AS TEXT)"}}},
         {.id = "0004-merge",
          .release = "2.0",
          .operations = {MergeColumns{.table = "packages",
                                      .from = {"first_name", "last_name"},
                                      .to = "full_name",
                                      .type = text(),
                                      .up = "first_name || '/' || last_name",
                                      .down = {"split_part(full_name, '/', 1)", "split_part(full_name, '/', 2)"}}}}}};
    auto site = world.site(plan);
    (void)postgresql::expand(site);
    // The whole chain, from either end, in one statement.
    world.app.run("INSERT INTO packages (id, name) VALUES (2001, 'Ada Lovelace')");
    CHECK(world.one("SELECT full_name FROM packages WHERE id = 2001") == "Ada/Lovelace");
    world.app.run("UPDATE packages SET full_name = 'Grace/Hopper' WHERE id = 5");
    CHECK(world.one("SELECT name || '|' || last_name FROM packages WHERE id = 5") == "Grace Hopper|Hopper");
    // One half of a row that is not filled yet: the other half is not lost.
    world.app.run("UPDATE packages SET last_name = 'Other' WHERE id = 6");
    CHECK(world.one("SELECT name || '|' || full_name FROM packages WHERE id = 6") == "first6 Other|first6/Other");
    fill(site);
    CHECK(world.one("SELECT count(*) FROM pg_index WHERE indrelid = 'packages'::regclass AND indisvalid") == "4");
    CHECK(postgresql::reconcile(site).different() == 0);
    (void)postgresql::contract(site, 0s, no_soak());
    CHECK(world.one("SELECT string_agg(attname, ' ' ORDER BY attname) FROM pg_attribute WHERE attrelid = "
                    "'packages'::regclass AND attnum > 0 AND NOT attisdropped") == "full_name id size_bytes state");
    CHECK(world.one("SELECT pg_get_indexdef('packages_by_size'::regclass)").find("(size_bytes)") != std::string::npos);
    CHECK(world.one("SELECT full_name FROM packages WHERE id = 5") == "Grace/Hopper");
    CHECK(world.one("SELECT full_name || size_bytes || state FROM packages WHERE id = 7") == "first7/last77new");
}

TEST_CASE(
    "rollout on postgresql: a column that was NOT NULL is NOT NULL again after contract, without a scan under the "
    "lock") {
    World const world;
    auto first = packages();
    std::get<CreateTable>(first.operations[0]).columns[2].nullable = false;
    world.begin({first}, rows);
    auto site = world.site(Plan{"catalogue", {first, size_bytes()}});
    (void)postgresql::expand(site);
    world.app.run("INSERT INTO packages (id, name, size_bytes) VALUES (9002, 'new-writer', 456)");
    fill(site);
    (void)postgresql::reconcile(site);
    (void)postgresql::contract(site, 0s, no_soak());
    CHECK(world.one("SELECT attnotnull FROM pg_attribute WHERE attrelid = 'packages'::regclass AND attname = "
                    "'size_bytes'") == "t");
    CHECK(world.one("SELECT count(*) FROM pg_constraint WHERE conname LIKE 'evolver_not_null%'") == "0");
}

TEST_SUITE_END();
