// The five stages on the face of the library: what a run shows, what it leaves, and what it does not touch.

#include "evolver/pipeline/pipeline.hpp"

#include "evolver/ledger/ledger_error.hpp"
#include "support/application.hpp"
#include "support/pipeline.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <regex>

using namespace evolver;
using namespace evolver::testing;

TEST_SUITE("pipeline/pipeline") {
    TEST_CASE("pipeline: five stages pass on a copy, and the real database is byte for byte as it was") {
        Folder const folder;
        make_catalogue(folder.database(), 3000);
        auto const before = bytes_of(folder.database());
        auto const run = Pipeline{catalogue(), staging(folder)}.run();
        CAPTURE(failures_of(run));
        CHECK(run.outcome == StageOutcome::passed);
        CHECK(bytes_of(folder.database()) == before);
        for (auto const& stage : run.stages) {
            CAPTURE(name_of(stage.stage));
            CHECK(stage.outcome == StageOutcome::passed);
            CHECK(stage.started.time_since_epoch().count() > 0);
            CHECK(stage.ended >= stage.started);
            CHECK_FALSE(stage.log.empty());
        }
        CHECK(run.migrations == std::vector<std::string>{"0002-size-bytes", "0003-title"});
        CHECK(run.change == ChangeClass::destructive);

        auto const& rehearsed = run.at(PipelineStage::dry_run);
        CHECK_FALSE(rehearsed.steps.empty());
        CHECK_FALSE(rehearsed.estimates.empty());
        CHECK_FALSE(rehearsed.gates.empty());
        CHECK(rehearsed.comparisons.at(0).rows == 3000);
        // evolver's own connection is no session of the application's.
        for (auto const& finding : rehearsed.findings) CHECK(finding.rule != "lock-timeout-missing");
        auto const& migration = run.at(PipelineStage::migration);
        CHECK(migration.schema_before == run.schema_before);
        CHECK(migration.schema_after != migration.schema_before);
        CHECK_FALSE(migration.data_before.empty());
        auto const added =
            std::ranges::find_if(migration.steps, [](StepRecord const& step) { return !step.sql.empty(); });
        REQUIRE(added != migration.steps.end());
        auto const& filled = run.at(PipelineStage::backfill);
        REQUIRE(filled.backfills.size() == 1);
        CHECK(filled.backfills[0].rows == 3000);
        CHECK(filled.backfills[0].expected.rows > 0);
        std::int64_t rows = 0;
        for (auto const& point : filled.batches.points()) rows += point.rows;
        CHECK(rows == 3000);
        auto const& compared = run.at(PipelineStage::reconciliation);
        CHECK(compared.comparisons.at(0).rows == 3000);
        CHECK_FALSE(compared.gates.empty());
        auto const& back = run.at(PipelineStage::rollback_test);
        CHECK(back.schema_before == back.schema_after);
        CHECK(back.data_before == back.data_after);
        CHECK_FALSE(back.data_before.empty());

        CHECK(run.next.kind == NextStep::Kind::approve);
        CHECK(to_json(run_from_json(to_json(run))) == to_json(run));
    }

    TEST_CASE("pipeline: the run is in the ledger of the staging database, its trail is whole, and no copy is left") {
        Folder const folder;
        make_catalogue(folder.database());
        auto const run = Pipeline{catalogue(), staging(folder)}.run();
        CAPTURE(failures_of(run));
        REQUIRE(run.outcome == StageOutcome::passed);
        CHECK(run.database == folder.database() + "-staging");
        auto const kept = pipeline_run(run.database, run.id);
        CHECK(kept.outcome == StageOutcome::passed);
        CHECK(pipeline_run(folder.database(), run.id).outcome == StageOutcome::passed);
        Application staged{run.database, catalogue()};
        CHECK_FALSE(staged.evolver.verify_audit());
        std::vector<std::string> events;
        staged.evolver.audit([&](AuditEntry const& entry) {
            if (entry.run != run.id) return;
            CHECK(entry.environment == "staging");
            CHECK(entry.actor == "bob");
            events.push_back(entry.event + (entry.event.starts_with("stage") ? " " + entry.detail : ""));
        });
        CHECK(std::ranges::count(events, "stage begun migration") == 1);
        CHECK(std::ranges::count(events, "stage ended rollback_test passed") == 1);
        CHECK(std::ranges::count(events, "expand") == 2);
        CHECK(std::ranges::count(events, "pipeline ended") == 1);
        std::vector<std::string> names;
        for (auto const& entry : std::filesystem::directory_iterator{folder.path()})
            names.push_back(entry.path().filename().string());
        std::ranges::sort(names);
        CAPTURE(names);
        for (auto const& name : names)
            CHECK_FALSE(std::regex_search(name, std::regex{"-(dry-run|migrated|rollback-test)"}));
    }

    TEST_CASE(
        "pipeline: a staging database that is given is worked on as it is, and the real one is not touched at all") {
        Folder const folder;
        make_catalogue(folder.database());
        auto const given = folder.file("given.db");
        make_catalogue(given, 50);
        auto const before = bytes_of(folder.database());
        auto options = staging(folder);
        options.staging = given;
        options.staging_is = Staging::given;
        auto const run = Pipeline{catalogue(), options}.run();
        CAPTURE(failures_of(run));
        CHECK(run.outcome == StageOutcome::passed);
        CHECK(run.database == given);
        CHECK(run.original == folder.database());
        CHECK(run.at(PipelineStage::backfill).backfills.at(0).rows == 50);
        CHECK(bytes_of(folder.database()) == before);
        CHECK(pipeline_status(given).run->id == run.id);
    }

    TEST_CASE("pipeline: copies go to the folder that is named for them, and a database outside WAL mode passes, too") {
        Folder const folder;
        make_catalogue(folder.database(), 20, false);
        std::filesystem::create_directory(folder.file("scratch"));
        auto options = staging(folder);
        options.scratch = folder.file("scratch");
        bool there = false;
        options.log = [&](PipelineStage stage, LogLine const& line) {
            if (stage == PipelineStage::dry_run && has(line.text, "expanded"))
                there = std::filesystem::exists(folder.file("scratch/catalogue.db-dry-run"));
        };
        auto const run = Pipeline{catalogue(), options}.run();
        CAPTURE(failures_of(run));
        CHECK(run.outcome == StageOutcome::passed);
        CHECK(there);
        CHECK(std::filesystem::is_empty(folder.file("scratch")));
    }

    TEST_CASE("pipeline: with nothing to bring it passes, and says that there was nothing") {
        Folder const folder;
        make_catalogue(folder.database());
        auto const run = Pipeline{catalogue().until("1.0"), staging(folder)}.run();
        CAPTURE(failures_of(run));
        CHECK(run.outcome == StageOutcome::passed);
        CHECK(run.at(PipelineStage::rollback_test).outcome == StageOutcome::skipped);
        CHECK(run.next.kind == NextStep::Kind::none);
    }

    TEST_CASE(
        "pipeline: options that contradict each other, and a database that is not there, are refused before anything "
        "is done") {
        Folder const folder;
        auto const options = staging(folder);
        CHECK(has(refused([&] { (void)Pipeline{catalogue(), options}.run(); }), "There is no database"));
        CHECK_FALSE(std::filesystem::exists(folder.database()));
        CHECK(has(refused([&] { Pipeline{catalogue(), {}}; }), "no database"));
        CHECK(has(refused([&] { Pipeline{catalogue(), {.staging_is = Staging::given}}; }), "its path is not"));
        auto same = options;
        same.staging = folder.path() / "." / "catalogue.db";
        CHECK(has(refused([&] { Pipeline{catalogue(), same}; }), "The staging database is the real one"));
        auto silent = options;
        silent.accept_loss = {{"0002-size-bytes", ""}};
        CHECK(has(refused([&] { Pipeline{catalogue(), silent}; }), "has no reason"));
        CHECK(pipeline_status(folder.database()).next.kind == NextStep::Kind::run);
        CHECK(
            has(refused([&] { order_pipeline(folder.database(), {.command = PipelineCommand::stop}); }), "no reason"));
        CHECK(has(refused([&] { (void)pipeline_run(folder.database(), "x"); }), "There is no run"));
    }
}
