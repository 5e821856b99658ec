// A dry run of every operation leaves the database byte for byte as it was: alone, and with other processes at work.

#include "support/application.hpp"
#include "support/pipeline.hpp"
#include "support/process.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

using namespace evolver;
using namespace evolver::testing;

namespace {

/// Two tables with rules, an index and a view, made by release 1.0.
Migration shop() {
    return {.id = "0001-shop",
            .release = "1.0",
            .operations = {CreateTable{.table = "customers",
                                       .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                   {.name = "name", .type = text(), .nullable = false},
                                                   {.name = "city", .type = text(), .default_value = "'Bonn'"},
                                                   {.name = "code", .type = text()},
                                                   {.name = "old", .type = text()}},
                                       .unique_keys = {{.columns = {"code"}}},
                                       .checks = {{.name = "named", .condition = "length(name) > 0"}}},
                           CreateTable{.table = "orders",
                                       .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                   {.name = "customer", .type = integer()},
                                                   {.name = "size", .type = text()},
                                                   {.name = "note", .type = text()}},
                                       .foreign_keys = {{.columns = {"customer"}, .table = "customers"}}},
                           CreateTable{.table = "labels",
                                       .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                   {.name = "code", .type = text(), .nullable = false}}},
                           CreateIndex{.name = "orders_by_customer", .table = "orders", .columns = {"customer"}},
                           CreateIndex{.name = "orders_by_size", .table = "orders", .columns = {"size"}},
                           CreateView{.name = "names", .query = "SELECT id, name FROM customers"}}};
}

void make_shop(std::string const& path) {
    Application first{path, Plan{"shop", {shop()}}, {.release = "1.0"}};
    first.db << "PRAGMA journal_mode = WAL";
    first.evolver.expand();
    first.db
        << "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO customers (id, "
           "name, code, old) SELECT i, 'name ' || i, 'code' || i, 'old' FROM n";
    first.db << "INSERT INTO orders (id, customer, size, note) SELECT id, id, CAST(id AS TEXT), 'note' FROM customers";
}

struct Named {
    std::string name;
    Operation operation;
};

std::vector<Named> one_of_each() {
    return {
        {"AddCheck", AddCheck{.table = "orders", .name = "sized", .condition = "size <> ''"}},
        {"AddColumn", AddColumn{.table = "orders", .column = {.name = "priority", .type = integer()}}},
        {"AddForeignKey", AddForeignKey{.table = "customers", .key = {.columns = {"id"}, .table = "orders"}}},
        {"AddUnique", AddUnique{.table = "orders", .name = "one_each", .columns = {"customer"}}},
        {"Backfill", Backfill{.table = "orders", .set = {{"note", "upper(note)"}}, .where = "note <> upper(note)"}},
        {"ChangePrimaryKey",
         ChangePrimaryKey{.table = "labels", .name = "by_code", .columns = {"code"}, .lock = Lock::online}},
        {"ChangeType", ChangeType{.table = "orders",
                                  .from = "size",
                                  .to = "grams",
                                  .type = integer(),
                                  .up = "CAST(size AS INTEGER)",
                                  .down = "CAST(grams AS TEXT)"}},
        {"CreateIndex",
         CreateIndex{.name = "orders_by_note", .table = "orders", .columns = {"note"}, .lock = Lock::online}},
        {"CreateTable",
         CreateTable{.table = "things", .columns = {{.name = "id", .type = integer(), .primary_key = true}}}},
        {"CreateView", CreateView{.name = "sizes", .query = "SELECT size FROM orders"}},
        {"DropCheck", DropCheck{.table = "customers", .name = "named"}},
        {"DropColumn", DropColumn{.table = "customers", .column = "old"}},
        {"DropDefault", DropDefault{.table = "customers", .column = "city"}},
        {"DropForeignKey", DropForeignKey{.table = "orders", .columns = {"customer"}}},
        {"DropIndex", DropIndex{.name = "orders_by_size"}},
        {"DropNotNull", DropNotNull{.table = "customers", .column = "name"}},
        {"DropTable", DropTable{.table = "orders"}},
        {"DropUnique", DropUnique{.table = "customers", .columns = {"code"}, .lock = Lock::online}},
        {"DropView", DropView{.name = "names"}},
        {"MergeColumns",
         MergeColumns{.table = "orders",
                      .from = {"size", "note"},
                      .to = "both",
                      .type = text(),
                      .up = "size || '/' || note",
                      .down = {"substr(both, 1, instr(both, '/') - 1)", "substr(both, instr(both, '/') + 1)"}}},
        {"MoveColumn",
         MoveColumn{.from = "customers", .column = "city", .to = "orders", .from_key = {"id"}, .to_key = {"customer"}}},
        {"RawSql", RawSql{.expand = "CREATE TABLE raw (a)", .undo = "DROP TABLE raw"}},
        {"RenameColumn", RenameColumn{.table = "customers", .from = "name", .to = "title"}},
        {"RenameTable", RenameTable{.from = "orders", .to = "purchases"}},
        {"ReplaceView", ReplaceView{.name = "names", .query = "SELECT id, upper(name) AS name FROM customers"}},
        {"RunCode", RunCode{.name = "touch",
                            .version = "1",
                            .expand = [](CodeDatabase& database) { database.run("UPDATE orders SET note = 'x'"); },
                            .undo = [](CodeDatabase&) {}}},
        {"SetDefault", SetDefault{.table = "orders", .column = "note", .value = "'none'"}},
        {"SetNotNull", SetNotNull{.table = "orders", .column = "size"}},
        {"SplitColumn", SplitColumn{.table = "customers",
                                    .from = "old",
                                    .into = {{.name = "first", .type = text(), .up = "substr(old, 1, 2)"},
                                             {.name = "rest", .type = text(), .up = "substr(old, 3)"}},
                                    .down = "first || rest"}},
    };
}

PipelineOptions dry(Folder const& folder) {
    auto options = staging(folder);
    options.last = PipelineStage::dry_run;
    options.fail_on = std::nullopt;  // what lint says of them is told elsewhere
    return options;
}

}  // namespace

TEST_SUITE("pipeline/dry_run") {
    TEST_CASE("a dry run of every operation leaves main file and WAL byte for byte as they were, with others at work") {
        Folder const folder;
        make_shop(folder.database());
        // Somebody has the file open, and has written what no checkpoint has moved yet; somebody reads.
        RawSqlite const writer{folder.database()};
        writer.run("PRAGMA wal_autocheckpoint = 0");
        writer.run("UPDATE orders SET note = 'changed' WHERE id = 5");
        RawSqlite const reader{folder.database()};
        reader.run("BEGIN");
        (void)reader.integer("SELECT count(*) FROM orders");
        auto const before = bytes_of(folder.database());
        REQUIRE(std::filesystem::file_size(folder.database() + "-wal") > 0);
        CHECK(std::variant_size_v<OperationVariant> == one_of_each().size());
        for (auto const& one : one_of_each()) {
            CAPTURE(one.name);
            Plan const plan{"shop",
                            {shop(), Migration{.id = "0002-change", .release = "2.0", .operations = {one.operation}}}};
            auto const run = Pipeline{plan, dry(folder)}.run();
            CAPTURE(failures_of(run));
            CHECK(run.outcome == StageOutcome::passed);
            CHECK(run.at(PipelineStage::migration).outcome == StageOutcome::skipped);
            CHECK_FALSE(run.at(PipelineStage::dry_run).steps.empty());
            CHECK(bytes_of(folder.database()) == before);
            for (auto const* copy : {"-dry-run", "-dry-run-evolver", "-dry-run-wal", "-dry-run-unfinished", "-staging"})
                CHECK_FALSE(std::filesystem::exists(folder.database() + copy));
        }
        // The snapshot of the copy had what stood in the WAL alone.
        reader.run("COMMIT");
        writer.run("UPDATE orders SET note = 'again' WHERE id = 5");
    }

    TEST_CASE("a dry run after a crash reads what stands in the WAL, and leaves it there") {
        Folder const folder;
        make_shop(folder.database());
        Process killed{folder.file("complaints"), [&] {
                           RawSqlite const raw{folder.database()};
                           raw.run("PRAGMA wal_autocheckpoint = 0");
                           raw.run("UPDATE orders SET size = 'not a number' WHERE id = 5");
                           ::kill(getpid(), SIGKILL);
                       }};
        REQUIRE(killed.wait(std::chrono::seconds{30}));
        auto const before = bytes_of(folder.database());
        REQUIRE(std::filesystem::file_size(folder.database() + "-wal") > 0);
        Plan const plan{
            "shop",
            {shop(), Migration{.id = "0002-change", .release = "2.0", .operations = {one_of_each()[6].operation}}}};
        auto const run = Pipeline{plan, dry(folder)}.run();
        CAPTURE(failures_of(run));
        CHECK(run.outcome == StageOutcome::passed);
        CHECK(bytes_of(folder.database()) == before);
        auto const& stage = run.at(PipelineStage::dry_run);
        REQUIRE(stage.comparisons.size() == 1);
        CHECK(stage.comparisons[0].lossy == 1);
        CHECK(stage.comparisons[0].lossy_keys == std::vector<std::string>{"5"});
    }

    TEST_CASE(
        "a dry run shows what contract would meet: rows that break a rule, a name that is taken, a gate that is "
        "closed") {
        Folder const folder;
        make_shop(folder.database());
        RawSqlite const raw{folder.database()};
        raw.run("UPDATE orders SET size = NULL WHERE id = 5");
        Plan const strict{"shop",
                          {shop(), Migration{.id = "0002-size",
                                             .release = "2.0",
                                             .operations = {SetNotNull{.table = "orders", .column = "size"}}}}};
        auto const broken = Pipeline{strict, dry(folder)}.run();
        CHECK(broken.outcome == StageOutcome::failed);
        CHECK(has(broken.at(PipelineStage::dry_run).failure->what, "5"));

        raw.run("UPDATE orders SET size = '5' WHERE id = 5");
        raw.run("CREATE VIEW uses_size AS SELECT size FROM orders");
        Plan const change{
            "shop",
            {shop(), Migration{.id = "0002-change", .release = "2.0", .operations = {one_of_each()[6].operation}}}};
        auto const view = Pipeline{change, dry(folder)}.run();
        CAPTURE(failures_of(view));
        CHECK(view.outcome == StageOutcome::failed);
        CHECK(has(view.at(PipelineStage::dry_run).failure->what, "uses_size"));
        raw.run("DROP VIEW uses_size");
        auto const run = Pipeline{change, dry(folder)}.run();
        CHECK(run.outcome == StageOutcome::passed);
        auto const& gates = run.at(PipelineStage::dry_run).gates;
        CHECK(std::ranges::any_of(gates, [](Gate const& gate) { return gate.name == "soak" && !gate.open; }));
        CHECK(run.next.kind == NextStep::Kind::run);
        // Only a dry run leaves neither a staging database nor a trace in the trail.
        CHECK(raw.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'evolver_pipeline_run'") == 0);
    }

    TEST_CASE("holds, pauses and a policy of the original do not hold for the copies on which a change is tried") {
        Folder const folder;
        make_catalogue(folder.database());
        {
            Application live{folder.database(), catalogue(), {.actor = "dora"}};
            live.evolver.expand();
            live.evolver.pause_backfill({.reason = "black friday"});
            live.evolver.hold_stage({.reason = "wait"});
        }
        set_approval_policy(folder.database(), catalogue(), {.policy = {}, .actor = "root", .reason = "production"});
        auto migrations = std::vector<Migration>{
            packages_migration(), size_migration(), title_migration(),
            Migration{.id = "0004-notes",
                      .release = "3.0",
                      .operations = {AddColumn{.table = "packages", .column = {.name = "notes", .type = text()}}}}};
        auto const before = bytes_of(folder.database());
        auto const run = Pipeline{Plan{"catalogue", migrations}, staging(folder)}.run();
        CAPTURE(failures_of(run));
        CHECK(run.outcome == StageOutcome::passed);
        CHECK(bytes_of(folder.database()) == before);
    }
}
