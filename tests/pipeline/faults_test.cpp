// What goes wrong in a run, and how it goes on: after each of it the status says what is so and which call is next, and that call works.

#include "evolver/dialect/engine_error.hpp"
#include "evolver/ledger/ledger_error.hpp"
#include "evolver/pipeline/approval.hpp"
#include "support/application.hpp"
#include "support/full_disk.hpp"
#include "support/pipeline.hpp"
#include "support/process.hpp"
#include "support/raw_sqlite.hpp"

#include <doctest/doctest.h>

#include <array>
#include <filesystem>
#include <thread>

using namespace evolver;
using namespace evolver::testing;

namespace {

constexpr int many_rows = 4000;

/// Goes on until the run has passed, by the calls that the status names.
PipelineRun led_on(PipelineOptions const& options, Plan const& plan = catalogue()) {
    auto const status = pipeline_status(options.database);
    CAPTURE(status.next.call);
    CHECK_FALSE(status.alive);
    REQUIRE(status.run);
    if (status.next.kind == NextStep::Kind::resume) return Pipeline{plan, options}.resume(status.run->id);
    if (status.next.kind == NextStep::Kind::run) return Pipeline{plan, options}.run();
    FAIL_CHECK(std::string{name_of(status.next.kind)});
    return *status.run;
}

Plan with_slugs(std::function<Value(Arguments const&)> call) {
    return Plan{
        "catalogue",
        {packages_migration(),
         Migration{
             .id = "0002-slug",
             .release = "2.0",
             .operations = {AddColumn{.table = "packages", .column = {.name = "slug", .type = text()}},
                            Backfill{.table = "packages",
                                     .set = {{"slug", "slug_of(name)"}},
                                     .where = "slug IS NULL",
                                     .functions = {{.name = "slug_of", .version = "1", .call = std::move(call)}}}}}}};
}

}  // namespace

TEST_SUITE("pipeline/faults") {
    TEST_CASE("a dry run that fails leaves nothing behind, alerts, and a new run follows") {
        Folder const folder;
        make_catalogue(folder.database());
        auto const before = bytes_of(folder.database());
        auto bad = size_migration();
        std::get<ChangeType>(bad.operations[0]).up = "CAST(sise AS INTEGER)";
        auto options = staging(folder);
        std::vector<StageOutcome> alerts;
        options.alert = [&](PipelineRun const& run) { alerts.push_back(run.outcome); };
        auto const run = Pipeline{Plan{"catalogue", {packages_migration(), bad}}, options}.run();
        CHECK(run.outcome == StageOutcome::failed);
        CHECK(alerts == std::vector{StageOutcome::failed});
        auto const& stage = run.at(PipelineStage::dry_run);
        REQUIRE(stage.failure);
        CHECK(has(stage.failure->what, "sise"));
        CHECK(run.at(PipelineStage::migration).outcome == StageOutcome::pending);
        CHECK(bytes_of(folder.database()) == before);
        CHECK_FALSE(std::filesystem::exists(folder.database() + "-dry-run"));
        CHECK_FALSE(std::filesystem::exists(folder.database() + "-staging"));
        CHECK(pipeline_status(folder.database()).next.kind == NextStep::Kind::run);
        CHECK(led_on(options).outcome == StageOutcome::passed);
    }

    TEST_CASE("an error of lint fails the dry run, unless the migration accepts it") {
        Folder const folder;
        make_catalogue(folder.database());
        Migration drop{
            .id = "0002-no-size", .release = "2.0", .operations = {DropColumn{.table = "packages", .column = "size"}}};
        auto const run = Pipeline{Plan{"catalogue", {packages_migration(), drop}}, staging(folder)}.run();
        REQUIRE(run.outcome == StageOutcome::failed);
        auto const& stage = run.at(PipelineStage::dry_run);
        CHECK(has(stage.failure->what, "drop-column-in-use"));
        CHECK_FALSE(stage.findings.empty());
        for (auto const& finding : stage.findings) {
            if (finding.severity == Severity::error)
                drop.accept.push_back({.rule = finding.rule, .object = finding.object, .reason = "nobody reads it"});
        }
        auto const again = Pipeline{Plan{"catalogue", {packages_migration(), drop}}, staging(folder)}.run();
        CAPTURE(failures_of(again));
        CHECK(again.at(PipelineStage::dry_run).outcome == StageOutcome::passed);
    }

    TEST_CASE("a migration that fails has written nothing, and a resume goes on once its cause is gone") {
        Folder const folder;
        make_catalogue(folder.database());
        auto const options = staging(folder);
        InTheMiddle script{PipelineStage::migration,
                           [&] { RawSqlite{folder.database()}.run("ALTER TABLE packages ADD COLUMN size_bytes"); }};
        auto const run = Pipeline{catalogue(), script.in(options)}.run();
        REQUIRE(script.happened());
        CHECK(run.outcome == StageOutcome::failed);
        CHECK(has(run.at(PipelineStage::migration).failure->what, "size_bytes"));
        CHECK(run.next.kind == NextStep::Kind::resume);
        RawSqlite{run.database}.run("ALTER TABLE packages DROP COLUMN size_bytes");
        auto const passed = led_on(options);
        CAPTURE(failures_of(passed));
        CHECK(passed.outcome == StageOutcome::passed);
        CHECK(passed.id == run.id);
        CHECK(has(passed.at(PipelineStage::migration).log.front().text, "begins again"));
    }

    TEST_CASE("a backfill that fails names range, row, error and choices, and goes on when the row is seen to") {
        Folder const folder;
        make_catalogue(folder.database(), many_rows);
        auto const plan = with_slugs([](Arguments const& given) -> Value {
            if (given.text(0) == "bad") throw std::runtime_error{"no slug for this"};
            return std::string{given.text(0)};
        });
        auto const options = staging(folder);
        InTheMiddle script{
            PipelineStage::backfill,
            [&] { RawSqlite{folder.database() + "-staging"}.run("UPDATE packages SET name = 'bad' WHERE id = 3999"); }};
        auto const run = Pipeline{plan, script.in(options)}.run();
        CAPTURE(failures_of(run));
        REQUIRE(run.outcome == StageOutcome::failed);
        auto const& failure = *run.at(PipelineStage::backfill).failure;
        CHECK(failure.table == "packages");
        CHECK(failure.rows == std::vector<std::string>{"3999"});
        CHECK(has(failure.error, "no slug for this"));
        CHECK_FALSE(failure.sql.empty());
        CHECK(failure.choices.size() == 3);
        CHECK(run.at(PipelineStage::backfill).backfills.at(0).rows > 0);
        auto const status = pipeline_status(folder.database());
        CHECK(status.next.kind == NextStep::Kind::resume_backfill);
        // Nothing is tried again by itself.
        CHECK(Pipeline{plan, options}.resume(run.id).outcome == StageOutcome::failed);

        RawSqlite{run.database}.run("UPDATE packages SET name = 'good' WHERE id = 3999");
        Application{run.database, plan}.evolver.resume_backfill();
        auto const passed = Pipeline{plan, options}.resume(run.id);
        CAPTURE(failures_of(passed));
        CHECK(passed.outcome == StageOutcome::passed);
        CHECK(passed.at(PipelineStage::migration).ended == run.at(PipelineStage::migration).ended);
        // What only the new shape holds goes with it: that is told, and fails no test of the way back.
        std::string warnings;
        for (auto const& warning : passed.at(PipelineStage::rollback_test).warnings) warnings += warning + "\n";
        CHECK(has(warnings, "would lose 4000 rows of packages with something in slug"));
        CHECK(has(warnings, "other rows than before the migration: migration \"0002-slug\" changes values"));
    }

    TEST_CASE("a reconciliation that finds rows names them, and a resume passes when they are mended") {
        Folder const folder;
        make_catalogue(folder.database());
        auto const options = staging(folder);
        InTheMiddle script{PipelineStage::reconciliation, [&] {
                               RawSqlite const raw{folder.database() + "-staging"};
                               raw.connection().enable_triggers(false);
                               raw.run("UPDATE packages SET size = '999' WHERE id = 4");
                           }};
        auto const run = Pipeline{catalogue(), script.in(options)}.run();
        CHECK(run.outcome == StageOutcome::failed);
        auto const& stage = run.at(PipelineStage::reconciliation);
        REQUIRE(stage.mismatches.size() == 1);
        CHECK(stage.mismatches[0].key == "4");
        CHECK(stage.comparisons.at(0).different == 1);
        RawSqlite{run.database}.run("UPDATE packages SET size = '40' WHERE id = 4");
        auto const passed = led_on(options);
        CAPTURE(failures_of(passed));
        CHECK(passed.outcome == StageOutcome::passed);
    }

    TEST_CASE(
        "a way back that leaves something behind, or changes rows, fails the rollback test and touches no staging "
        "row") {
        Folder const folder;
        make_catalogue(folder.database());
        auto options = staging(folder);
        options.fail_on = std::nullopt;  // lint finds both, too
        for (auto const* undo : {"SELECT 1", "DROP TABLE notes; UPDATE packages SET size = 'x' WHERE id = 1"}) {
            CAPTURE(undo);
            Plan const plan{"catalogue",
                            {packages_migration(),
                             Migration{.id = "0002-notes",
                                       .release = "2.0",
                                       .operations = {RawSql{.expand = "CREATE TABLE notes (id INTEGER PRIMARY KEY)",
                                                             .undo = undo}}}}};
            auto const run = Pipeline{plan, options}.run();
            CAPTURE(failures_of(run));
            CHECK(run.outcome == StageOutcome::failed);
            auto const& stage = run.at(PipelineStage::rollback_test);
            CHECK(stage.outcome == StageOutcome::failed);
            CHECK(has(stage.failure->what, "way back"));
            CHECK(run.next.kind == NextStep::Kind::resume);
            Application staged{run.database, plan};
            CHECK(staged.ask("SELECT size FROM packages WHERE id = 1") == "10");
            CHECK(staged.evolver.status().migrations.at(1).phase == Phase::expanded);
            CHECK_FALSE(std::filesystem::exists(folder.database() + "-rollback-test"));
        }
    }

    TEST_CASE("a migration that says there is no way back skips the rollback test, with its reason") {
        Folder const folder;
        make_catalogue(folder.database());
        Plan const plan{
            "catalogue",
            {packages_migration(),
             Migration{
                 .id = "0002-notes",
                 .release = "2.0",
                 .operations = {RawSql{.expand = "CREATE TABLE notes (id INTEGER PRIMARY KEY)"}},
                 .accept = {{.rule = "irreversible-undeclared", .object = "0002-notes", .reason = "notes stay"}}}}};
        auto const run = Pipeline{plan, staging(folder)}.run();
        CAPTURE(failures_of(run));
        CHECK(run.outcome == StageOutcome::passed);
        CHECK(run.at(PipelineStage::rollback_test).outcome == StageOutcome::skipped);
        CHECK(has(run.at(PipelineStage::rollback_test).why, "notes stay"));
    }

    TEST_CASE("an operator stops it in the middle of each stage, and a resume leads to the end") {
        struct Moment {
            PipelineStage stage;
            std::optional<EventKind> kind;
        };
        using enum PipelineStage;
        for (auto const& moment :
             {Moment{dry_run, {}}, Moment{dry_run, EventKind::expanded}, Moment{dry_run, EventKind::batch},
              Moment{dry_run, EventKind::contracted}, Moment{migration, {}}, Moment{migration, EventKind::expanded},
              Moment{backfill, {}}, Moment{backfill, EventKind::batch}, Moment{reconciliation, {}},
              Moment{reconciliation, EventKind::scanned}, Moment{rollback_test, {}},
              Moment{rollback_test, EventKind::rolled_back}, Moment{rollback_test, EventKind::batch}}) {
            CAPTURE(name_of(moment.stage));
            Folder const folder;
            make_catalogue(folder.database(), many_rows);
            auto const before = bytes_of(folder.database());
            auto const stop = [&] {
                order_pipeline(folder.database(),
                               {.command = PipelineCommand::stop, .reason = "lunch", .actor = "dora"});
            };
            InTheMiddle script =
                moment.kind ? InTheMiddle{moment.stage, *moment.kind, stop} : InTheMiddle{moment.stage, stop};
            auto const options = staging(folder);
            auto const run = Pipeline{catalogue(), script.in(options)}.run();
            CAPTURE(failures_of(run));
            REQUIRE(script.happened());
            CHECK(run.outcome == StageOutcome::stopped);
            CHECK(run.at(moment.stage).outcome == StageOutcome::stopped);
            CHECK(has(run.at(moment.stage).why, "told to stop by dora: lunch"));
            auto const status = pipeline_status(folder.database());
            CHECK(status.next.kind == NextStep::Kind::resume);
            CHECK(status.run->outcome == StageOutcome::stopped);
            auto const passed = led_on(options);
            CAPTURE(failures_of(passed));
            CHECK(passed.outcome == StageOutcome::passed);
            CHECK(passed.id == run.id);
            CHECK(bytes_of(folder.database()) == before);
            if (moment.stage == dry_run) continue;  // until then there was no trail that it could stand in
            Application staged{passed.database, catalogue()};
            // While the staging database was being made there was none, either: then the resume tells.
            CHECK(staged.ask(
                      "SELECT count(*) FROM evolver_audit WHERE event IN ('pipeline stopped', 'pipeline resumed') AND "
                      "detail LIKE '%dora: lunch'") != "0");
            CHECK_FALSE(staged.evolver.verify_audit());
        }
    }

    TEST_CASE("its own token stops it, and what an operator pauses waits until somebody says otherwise") {
        Folder const folder;
        make_catalogue(folder.database(), many_rows);
        std::stop_source stop;
        auto options = staging(folder);
        options.stop = stop.get_token();
        InTheMiddle script{PipelineStage::backfill, EventKind::batch, [&] { stop.request_stop(); }};
        auto const run = Pipeline{catalogue(), script.in(options)}.run();
        CHECK(run.outcome == StageOutcome::stopped);
        CHECK(run.at(PipelineStage::backfill).outcome == StageOutcome::stopped);

        options.stop = {};
        std::optional<PipelineStatus> seen;
        std::jthread operator_;
        InTheMiddle pauses{
            PipelineStage::backfill, EventKind::batch, [&] {
                order_pipeline(folder.database(),
                               {.command = PipelineCommand::pause, .reason = "black friday", .actor = "dora"});
                operator_ = std::jthread{[&] {
                    while (!seen) {
                        auto status = pipeline_status(folder.database());
                        if (!status.paused.empty() &&
                            has(status.run->at(PipelineStage::backfill).log.back().text, "paused"))
                            seen = status;
                    }
                    order_pipeline(folder.database(), {.command = PipelineCommand::go_on, .actor = "dora"});
                }};
            }};
        auto const passed = Pipeline{catalogue(), pauses.in(options)}.resume(run.id);
        operator_.join();
        CAPTURE(failures_of(passed));
        CHECK(passed.outcome == StageOutcome::passed);
        CHECK(passed.at(PipelineStage::backfill).paused.count() > 0);
        REQUIRE(seen);
        CHECK(seen->alive);
        CHECK(seen->paused == "black friday");
        CHECK(seen->next.kind == NextStep::Kind::go_on);
        Application staged{passed.database, catalogue()};
        CHECK(staged.ask("SELECT count(*) FROM evolver_audit WHERE event = 'pipeline paused'") == "1");
        CHECK(staged.ask("SELECT count(*) FROM evolver_audit WHERE event = 'pipeline goes on'") == "1");
    }

    TEST_CASE("killed in each stage, the status says so, and a resume leads to the end") {
        for (auto const stage : pipeline_stages) {
            CAPTURE(name_of(stage));
            Folder const folder;
            make_catalogue(folder.database(), many_rows);
            auto const options = staging(folder);
            Process child{folder.file("complaints"), [&] {
                              InTheMiddle script{stage, EventKind::batch, [] { ::kill(getpid(), SIGKILL); }};
                              // These have no batches.
                              bool const whole =
                                  stage == PipelineStage::migration || stage == PipelineStage::reconciliation;
                              InTheMiddle other{
                                  stage, stage == PipelineStage::migration ? EventKind::expanded : EventKind::scanned,
                                  [] { ::kill(getpid(), SIGKILL); }};
                              (void)Pipeline{catalogue(), whole ? other.in(options) : script.in(options)}.run();
                          }};
            REQUIRE(child.wait(std::chrono::seconds{60}));
            CAPTURE(contents(folder.file("complaints")));
            CHECK(child.end() == "signal 9");
            auto const status = pipeline_status(folder.database());
            REQUIRE(status.run);
            CHECK(status.run->outcome == StageOutcome::running);
            CHECK_FALSE(status.alive);
            CHECK(status.next.kind == NextStep::Kind::resume);
            CHECK(refused([&] {
                      order_pipeline(folder.database(), {.command = PipelineCommand::pause, .reason = "x"});
                  }).find("is at work") != std::string::npos);
            auto const passed = led_on(options);
            CAPTURE(failures_of(passed));
            CHECK(passed.outcome == StageOutcome::passed);
            CHECK(passed.id == status.run->id);
            CHECK_FALSE(Application{passed.database, catalogue()}.evolver.verify_audit());
        }
    }

    TEST_CASE("a second run is refused while one is at work") {
        Folder const folder;
        make_catalogue(folder.database());
        auto const options = staging(folder);
        std::string said;
        InTheMiddle script{PipelineStage::backfill, [&] {
                               said = refused([&] { (void)Pipeline{catalogue(), options}.run(); });
                           }};
        CHECK(Pipeline{catalogue(), script.in(options)}.run().outcome == StageOutcome::passed);
        CHECK(has(said, "is at work"));
    }

    TEST_CASE(
        "a run of another plan, one whose schema has moved, and one whose staging database is gone are not gone on "
        "with") {
        Folder const folder;
        make_catalogue(folder.database(), many_rows);
        auto const options = staging(folder);
        InTheMiddle script{PipelineStage::reconciliation, [&] {
                               order_pipeline(folder.database(), {.command = PipelineCommand::stop, .reason = "x"});
                           }};
        auto const run = Pipeline{catalogue(), script.in(options)}.run();
        REQUIRE(run.outcome == StageOutcome::stopped);
        Plan const shorter{"catalogue", {packages_migration(), size_migration()}};
        CHECK(has(refused([&] { (void)Pipeline{shorter, options}.resume(run.id); }), "another plan"));
        RawSqlite{run.database}.run("CREATE TABLE stranger (a)");
        CHECK(has(refused([&] { (void)Pipeline{catalogue(), options}.resume(run.id); }), "the schema has moved"));
        RawSqlite{run.database}.run("DROP TABLE stranger");
        std::filesystem::rename(run.database, run.database + ".away");
        CHECK(has(refused([&] { (void)Pipeline{catalogue(), options}.resume(run.id); }), "staging database is gone"));
        std::filesystem::rename(run.database + ".away", run.database);
        CHECK(Pipeline{catalogue(), options}.resume(run.id).outcome == StageOutcome::passed);
        CHECK(has(refused([&] { (void)Pipeline{catalogue(), options}.resume(run.id); }), "it has passed"));
        CHECK(has(refused([&] { (void)Pipeline{catalogue(), options}.resume("nonsense"); }), "There is no run"));
    }

    TEST_CASE("a file that evolver has not made is never replaced by a copy") {
        Folder const folder;
        make_catalogue(folder.database());
        make_catalogue(folder.database() + "-staging");
        auto const before = bytes_of(folder.database() + "-staging");
        auto const run = Pipeline{catalogue(), staging(folder)}.run();
        CHECK(run.outcome == StageOutcome::failed);
        CHECK(has(run.at(PipelineStage::migration).failure->what, "evolver has not made it"));
        CHECK(bytes_of(folder.database() + "-staging") == before);
        std::filesystem::remove(folder.database() + "-staging");
        CHECK(led_on(staging(folder)).outcome == StageOutcome::passed);
        // One of its own is.
        CHECK(Pipeline{catalogue(), staging(folder)}.run().outcome == StageOutcome::passed);
    }

    TEST_CASE("a killed writer's journal is not rolled back by a dry run, which says to recover first") {
        Folder const folder;
        make_catalogue(folder.database(), many_rows, false);
        Process writer{folder.file("complaints"), [&] {
                           RawSqlite const raw{folder.database()};
                           raw.run("PRAGMA cache_size = 2");
                           raw.run("BEGIN IMMEDIATE");
                           raw.run("UPDATE packages SET name = name || name || name || name");
                           ::kill(getpid(), SIGKILL);
                       }};
        REQUIRE(writer.wait(std::chrono::seconds{30}));
        REQUIRE(std::filesystem::file_size(folder.database() + "-journal") > 0);
        auto const before = bytes_of(folder.database());
        auto const run = Pipeline{catalogue(), staging(folder)}.run();
        CHECK(bytes_of(folder.database()) == before);
        CHECK(run.outcome == StageOutcome::failed);
        CHECK(has(run.at(PipelineStage::dry_run).failure->what, "recover first"));
        CHECK(run.next.kind == NextStep::Kind::recover);
        CHECK(pipeline_status(folder.database()).next.kind == NextStep::Kind::recover);
        CHECK(RawSqlite{folder.database()}.integer(
                  "SELECT count(*) FROM packages WHERE name LIKE '%package-1package-1%'") == 0);
        CHECK(Pipeline{catalogue(), staging(folder)}.run().outcome == StageOutcome::passed);
    }

    TEST_CASE("a disk that is full stops the run where it is, and a resume goes on when there is room") {
        Folder const folder;
        make_catalogue(folder.database(), many_rows);
        for (int const writes : {0, 40, 400}) {
            CAPTURE(writes);
            FullDisk const disk;
            PipelineRun run;
            {
                InTheMiddle script{PipelineStage::backfill, [&] { disk.full_after(writes); }};
                run = Pipeline{catalogue(), script.in(staging(folder))}.run();
            }
            disk.room_again();
            CAPTURE(failures_of(run));
            REQUIRE((run.outcome == StageOutcome::failed || run.outcome == StageOutcome::passed));
            if (run.outcome == StageOutcome::passed) continue;
            auto const passed = led_on(staging(folder));
            CAPTURE(failures_of(passed));
            CHECK(passed.outcome == StageOutcome::passed);
        }
    }

    TEST_CASE("killed outside WAL mode, in the middle of a transaction, it goes on as well") {
        for (auto const stage : {PipelineStage::backfill, PipelineStage::rollback_test}) {
            CAPTURE(name_of(stage));
            Folder const folder;
            make_catalogue(folder.database(), many_rows, false);
            auto const options = staging(folder);
            Process child{folder.file("complaints"), [&] {
                              InTheMiddle script{stage, EventKind::batch, [&] {
                                                     RawSqlite const raw{folder.database() + "-staging"};
                                                     raw.run("PRAGMA cache_size = 2");
                                                     raw.run("BEGIN IMMEDIATE");
                                                     raw.run("UPDATE packages SET name = name || name || name || name");
                                                     ::kill(getpid(), SIGKILL);
                                                 }};
                              (void)Pipeline{catalogue(), script.in(options)}.run();
                          }};
            REQUIRE(child.wait(std::chrono::seconds{60}));
            CHECK(child.end() == "signal 9");
            REQUIRE(std::filesystem::file_size(folder.database() + "-staging-journal") > 0);
            auto const passed = led_on(options);
            CAPTURE(failures_of(passed));
            CHECK(passed.outcome == StageOutcome::passed);
        }
    }

    TEST_CASE("somebody who holds the lock blocks the run for as long as it waits, and a resume goes on") {
        Folder const folder;
        make_catalogue(folder.database());
        auto options = staging(folder);
        options.wait = std::chrono::milliseconds{50};
        std::optional<RawSqlite> holder;
        InTheMiddle script{PipelineStage::backfill, [&] {
                               holder.emplace(folder.database() + "-staging");
                               holder->run("BEGIN IMMEDIATE");
                           }};
        auto const run = Pipeline{catalogue(), script.in(options)}.run();
        CAPTURE(failures_of(run));
        CHECK(run.outcome == StageOutcome::blocked);
        CHECK(run.at(PipelineStage::backfill).failure->retry_helps);
        holder.reset();
        CHECK(led_on(options).outcome == StageOutcome::passed);
    }

    TEST_CASE("on production it is stopped and killed in the middle, too, and goes on with the approval that it has") {
        Folder const folder;
        make_catalogue(folder.database(), many_rows);
        approve(folder.database(), catalogue(), {.staging = shown(folder), .approver = "alice", .reason = "ticket 17"});
        auto const options = production(folder);
        InTheMiddle stops{PipelineStage::migration, EventKind::expanded, [&] {
                              order_pipeline(folder.database(),
                                             {.command = PipelineCommand::stop, .reason = "lunch", .actor = "dora"});
                          }};
        auto const stopped = Pipeline{catalogue(), stops.in(options)}.run();
        CAPTURE(failures_of(stopped));
        REQUIRE(stopped.outcome == StageOutcome::stopped);
        // One of two migrations is expanded now: the approval holds for the other, because the trail has the step between.
        CHECK(approvals(folder.database(), catalogue(), "bob").at(0).alive);
        Process child{
            folder.file("complaints"), [&] {
                InTheMiddle kills{PipelineStage::backfill, EventKind::batch, [] { ::kill(getpid(), SIGKILL); }};
                (void)Pipeline{catalogue(), kills.in(options)}.resume(stopped.id);
            }};
        REQUIRE(child.wait(std::chrono::seconds{60}));
        CHECK(child.end() == "signal 9");
        auto const passed = led_on(options);
        CAPTURE(failures_of(passed));
        CHECK(passed.outcome == StageOutcome::passed);
        CHECK(passed.id == stopped.id);
        Application live{folder.database(), catalogue()};
        CHECK_FALSE(live.evolver.verify_audit());
        CHECK(live.ask("SELECT count(*) FROM packages WHERE size_bytes IS NOT CAST(size AS INTEGER)") == "0");
    }

    TEST_CASE("a row of the trail that was tampered with is named, and an approval that stood in it does not count") {
        Folder const folder;
        make_catalogue(folder.database());
        approve(folder.database(), catalogue(), {.staging = shown(folder), .approver = "alice", .reason = "ticket 17"});
        Application live{folder.database(), catalogue()};
        auto const head = live.evolver.audit_head();
        REQUIRE(head.sequence > 0);
        RawSqlite const raw{folder.database()};
        raw.run("DROP TRIGGER evolver_audit_no_update");
        raw.run("UPDATE evolver_audit SET detail = replace(detail, 'alice', 'dora') WHERE event = 'approval'");
        auto const row = std::to_string(raw.integer("SELECT sequence FROM evolver_audit WHERE event = 'approval'"));
        CHECK(has(live.evolver.verify_audit().value_or(""), "row " + row + " of evolver_audit"));
        auto const run = Pipeline{catalogue(), production(folder)}.run();
        CHECK(run.outcome == StageOutcome::blocked);
        CHECK(has(run.at(PipelineStage::migration).failure->what, "it is not in the audit trail as it stands here"));
        CHECK(has(run.at(PipelineStage::migration).warnings.at(0), "row " + row));
        CHECK(run.next.kind == NextStep::Kind::approve);
        // The head that was kept elsewhere tells a trail that was written anew from the one that was there.
        CHECK(live.evolver.verify_audit(head));
    }

    TEST_CASE("an alert or a log that throws stops nothing") {
        Folder const folder;
        make_catalogue(folder.database());
        auto options = staging(folder);
        options.log = [](PipelineStage, LogLine const&) { throw std::runtime_error{"the log is full"}; };
        CHECK(Pipeline{catalogue(), options}.run().outcome == StageOutcome::passed);
        auto waits = production(folder);
        waits.alert = [](PipelineRun const&) { throw std::runtime_error{"nobody is there"}; };
        auto const run = Pipeline{catalogue(), waits}.run();
        CHECK(run.outcome == StageOutcome::blocked);
        CHECK(has(run.at(PipelineStage::migration).log.back().text, "the alert failed: nobody is there"));
    }
}
