#pragma once

// A run of the pipeline with something in every section of its report, and with markup wherever text may come from data or from people.

#include "evolver/pipeline/pipeline_run.hpp"

#include <cmath>
#include <string>

namespace evolver::testing {

inline constexpr char const* hostile = "<script>document.title = 'taken'</script>";

inline PipelineRun sample_run(StageOutcome outcome = StageOutcome::passed) {
    using namespace std::chrono_literals;
    Instant const start{std::chrono::microseconds{1'764'382'477'123'456}};
    PipelineRun run{
        .id = "20261129T021437Z-3f9a12cd", .plan = "catalogue", .plan_digest = "695062910907ac137a57beea8719ba84"};
    run.migrations = {"0002-size-bytes", "0003-title"};
    run.releases = {"1.0", "2.0"};
    run.release = "2.0";
    run.environment = Environment::production;
    run.environment_name = "production";
    run.original = run.database = "/srv/catalogue/catalogue.db";
    run.actor = "bob";
    run.on_behalf_of = hostile;
    run.planner = "carol";
    run.host = "db1";
    run.process = 4711;
    run.evolver_version = "0.1.0";
    run.engine = "SQLite 3.40.1";
    run.started = start;
    run.outcome = outcome;
    run.schema_before = "8f14e45fceea167a5a36dedd4bea2543";
    run.change = ChangeClass::destructive;
    auto at = start;
    std::chrono::microseconds const lengths[]{4'200ms, 310ms, 21'400ms, 6'100ms, 9'800ms};
    for (auto const stage : pipeline_stages) {
        StageRecord record{.stage = stage, .outcome = StageOutcome::passed};
        record.started = at;
        at += lengths[static_cast<std::size_t>(stage)];
        record.ended = at;
        record.database =
            stage == PipelineStage::rollback_test ? "/srv/catalogue/catalogue.db-rollback-test" : run.database;
        record.log = {{record.started, "begins"},
                      {record.started + 20ms, std::string{"looks at "} + hostile},
                      {record.ended, "ends"}};
        record.lock_waits = {.count = 3, .total = 14ms, .longest = 9ms};
        run.stages.push_back(std::move(record));
    }
    run.ended = at;

    auto& dry = run.at(PipelineStage::dry_run);
    dry.steps = {{.migration = "", .what = "copy the database", .rows = 0, .duration = 2'100ms},
                 {.migration = "0002-size-bytes",
                  .what = "add column packages.size_bytes",
                  .sql = {"ALTER TABLE \"packages\" ADD COLUMN \"size_bytes\" BIGINT"},
                  .duration = 400us}};
    dry.warnings = {"the view \"large\" reads packages.size, which contract removes"};
    dry.findings = {
        {.rule = "drop-column-in-use",
         .classification = Classification::destructive,
         .severity = Severity::warning,
         .migration = "0002-size-bytes",
         .object = hostile,
         .what = "packages.size holds 63,451 values, and they are gone after contract",
         .why = "A program that was forgotten reads them.",
         .instead = ".accept = {{.rule = \"drop-column-in-use\", .object = \"packages.size\", .reason = \"…\"}}"}};
    run.at(PipelineStage::migration).steps = {
        {.migration = "0002-size-bytes",
         .what = "add column packages.size_bytes",
         .sql = {"ALTER TABLE \"packages\" ADD COLUMN \"size_bytes\" BIGINT"},
         .duration = 380us,
         .lock_wait = 2ms},
        {.migration = "0002-size-bytes",
         .what = "keep size and size_bytes in step",
         .sql = {"CREATE TRIGGER …"},
         .duration = 210us},
        {.migration = "0003-title", .what = "make title another name of packages.name", .duration = 190us}};

    auto& fill = run.at(PipelineStage::backfill);
    Estimate const expected{.migration = "0002-size-bytes",
                            .table = "packages",
                            .rows = 63'000,
                            .batches = 190,
                            .work = 1'300ms,
                            .lock = 7ms,
                            .time = 2'100ms};
    fill.backfills = {{.migration = "0002-size-bytes",
                       .table = "packages",
                       .rows = 63'451,
                       .batches = 240,
                       .skipped = 1,
                       .rows_per_second = 2'965,
                       .work = 1'640ms,
                       .longest_lock = 11'400us,
                       .expected = expected}};
    for (int batch = 0; batch < 240; ++batch) {
        auto const wave = std::sin(batch / 9.0);
        std::chrono::microseconds const held{
            static_cast<std::int64_t>(5'600 + 1'900 * wave + (batch % 37 == 5 ? 3'600 : 0))};
        std::chrono::microseconds const waited{batch % 23 == 3 ? 1'200 + batch * 25 : 30};
        fill.batches.add({.at = fill.started + std::chrono::milliseconds{88 * (batch + 1)},
                          .rows = 264 + batch % 7 * 6,
                          .batches = 1,
                          .duration = held,
                          .longest = held,
                          .lock_wait = waited});
    }

    auto& compared = run.at(PipelineStage::reconciliation);
    compared.comparisons = {{.migration = "0002-size-bytes",
                             .table = "packages",
                             .columns = "size → size_bytes",
                             .rows = 63'451,
                             .different = outcome == StageOutcome::failed ? 2 : 0,
                             .lossy = 4,
                             .chunks = 88,
                             .duration = 5'900ms}};
    if (outcome == StageOutcome::failed) {
        compared.outcome = StageOutcome::failed;
        compared.why = "The two shapes differ in 2 rows.";
        compared.mismatches = {{.migration = "0002-size-bytes", .table = "packages", .key = "'libc6'"},
                               {.migration = "0002-size-bytes", .table = "packages", .key = hostile}};
        compared.failure =
            StageFailure{.what = "The two shapes of packages differ in 2 rows: 'libc6', …",
                         .object = "packages",
                         .choices = {"find who writes past the triggers, mend the rows, and reconcile again"}};
        run.at(PipelineStage::rollback_test) = {.stage = PipelineStage::rollback_test};
        run.ended = compared.ended;
        run.next = {.kind = NextStep::Kind::resume,
                    .call = "evolver pipeline resume 20261129T021437Z-3f9a12cd",
                    .why = "Mend what the failure names first."};
    } else {
        run.next = {.kind = NextStep::Kind::contract,
                    .call = "evolver contract due",
                    .why = "Both shapes are there and agree; contract removes the old one when its gates are open."};
        auto& back = run.at(PipelineStage::rollback_test);
        back.schema_before = back.schema_after = "1679091c5a880faf6fb5e6087eb1b2dc";
        back.data_before = back.data_after = "e4da3b7fbbce2345d7772b0674a318d5";
        back.steps = {{.migration = "0003-title", .what = "take title away", .duration = 300us},
                      {.migration = "0002-size-bytes", .what = "take size_bytes away", .duration = 900us}};
        back.gates = {
            {"backfill", "0002-size-bytes", true, ""},
            {"reconciliation", "0002-size-bytes", true, ""},
            {"soak", "0002-size-bytes", false, "the last legacy write was 40 minutes ago; it has to be 24 hours"},
            {"instances", "0002-size-bytes", false,
             "still alive: release 1.0 (pid 812); stop it, or wait until it has ended"}};
    }
    compared.invariants = {{.migration = "0002-size-bytes", .name = "every package has a size"}};
    run.approvals = {{.approval = {.id = 3,
                                   .plan_digest = run.plan_digest,
                                   .environment = "production",
                                   .staging_run = "20261128T151200Z-77aa01ff",
                                   .schema = run.schema_before,
                                   .change = ChangeClass::data,
                                   .approver = "alice",
                                   .planner = "carol",
                                   .reason = std::string{"ticket 17 "} + hostile,
                                   .created_at = 1'764'300'000,
                                   .expires_at = 1'764'904'800},
                      .alive = true,
                      .why_dead = {}},
                     {.approval = {.id = 2,
                                   .environment = "production",
                                   .change = ChangeClass::data,
                                   .approver = "bob",
                                   .reason = "mine",
                                   .created_at = 1'764'290'000,
                                   .expires_at = 1'764'894'800},
                      .alive = false,
                      .why_dead = "bob makes the change"}};
    return run;
}

}  // namespace evolver::testing
