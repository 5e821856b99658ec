#include "evolver/pipeline/pipeline_run.hpp"

#include "evolver/error.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace evolver;

namespace {

using std::chrono::microseconds;

/// With something in every field.
PipelineRun a_run() {
    PipelineRun run{.id = "20261129T021437Z-3f9a", .plan = "catalogue", .plan_digest = "d"};
    run.migrations = {"0001-packages", "0002-size-bytes"};
    run.releases = {"1.0", "2.0"};
    run.release = "2.0";
    run.environment = Environment::production;
    run.environment_name = "production-eu";
    run.original = run.source = run.database = "/data/catalogue.db";
    run.actor = "bob";
    run.on_behalf_of = "alice";
    run.planner = "carol";
    run.host = "db1";
    run.process = 17;
    run.evolver_version = "0.1.0";
    run.engine = "SQLite 3.40.1";
    run.started = Instant{microseconds{1'764'382'477'123'456}};
    run.ended = run.started + microseconds{5};
    run.outcome = StageOutcome::failed;
    run.schema_before = "s";
    run.change = ChangeClass::destructive;
    run.approvals = {{.approval = {.id = 3,
                                   .plan_digest = "d",
                                   .environment = "production-eu",
                                   .staging_run = "r",
                                   .schema = "s",
                                   .change = ChangeClass::data,
                                   .approver = "dora",
                                   .on_behalf_of = "x",
                                   .planner = "carol",
                                   .reason = "ticket 17 </script>",
                                   .created_at = 1,
                                   .expires_at = 2,
                                   .revoked_at = 3,
                                   .revoked_by = "e",
                                   .revoked_because = "f"},
                      .alive = true,
                      .why_dead = "no"}};
    run.next = {.kind = NextStep::Kind::resume_backfill, .call = "resume_backfill()", .why = "rows"};
    for (auto const stage : pipeline_stages) {
        StageRecord record{.stage = stage, .outcome = StageOutcome::skipped, .why = "because"};
        record.started = record.ended = run.started;
        record.paused = microseconds{1};
        record.database = "/data/copy.db";
        record.steps = {{.migration = "m",
                         .what = "add",
                         .sql = {"ALTER TABLE a", "CREATE \"b\""},
                         .planned_rows = 1,
                         .rows = 2,
                         .estimate = microseconds{3},
                         .duration = microseconds{4},
                         .lock_wait = microseconds{5},
                         .started = run.started}};
        record.log = {{.at = run.started, .text = "line\nline"}};
        record.log_lines_left_out = 9;
        record.findings = {{.rule = "r",
                            .classification = Classification::constraint,
                            .severity = Severity::info,
                            .migration = "m",
                            .object = "o",
                            .what = "w",
                            .why = "y",
                            .instead = "i"}};
        record.warnings = {"w"};
        record.estimates = {
            {.migration = "m", .table = "t", .rows = 1, .bytes = 2, .batches = 3, .work = microseconds{4}}};
        record.estimates[0].correction = 1.5;
        record.backfills = {
            {.migration = "m", .table = "t", .rows = 1, .batches = 2, .skipped = 3, .rows_per_second = 0.25}};
        record.batches.add({.at = run.started, .rows = 5, .batches = 1, .duration = microseconds{6}});
        record.lock_waits = {.count = 1, .total = microseconds{2}, .longest = microseconds{2}};
        record.comparisons = {{.migration = "m", .table = "t", .columns = "a → b", .rows = 3, .lossy_keys = {"'k'"}}};
        record.mismatches = {{.migration = "m", .table = "t", .key = "17"}};
        record.invariants = {{.migration = "m", .name = "the money"}};
        record.gates = {{"soak", "m", false, "12 h"}};
        record.schema_before = "a";
        record.schema_after = "b";
        record.data_before = "c";
        record.data_after = "d";
        record.overridden_gates = {{"soak", "a rehearsal"}};
        record.accepted_losses = {{"m", "fine"}};
        record.failure =
            StageFailure{.what = "w", .object = "o", .table = "t", .after = "1", .until = "2", .rows = {"1"}};
        record.failure->choices = {"resume"};
        record.failure->retry_helps = true;
        run.stages.push_back(std::move(record));
    }
    return run;
}

std::string refusal(std::string const& text) {
    try {
        (void)run_from_json(text);
    } catch (Error const& error) {
        return error.what();
    }
    return "it was taken";
}

}  // namespace

TEST_SUITE("pipeline/pipeline_run") {
    TEST_CASE("pipeline_run: what was written as JSON is what is read") {
        auto const text = to_json(a_run());
        CHECK(text.find('\n') == std::string::npos);
        auto const read = run_from_json(text);
        CHECK(to_json(read) == text);
        CHECK(read.at(PipelineStage::backfill).failure->rows == std::vector<std::string>{"1"});
        CHECK(read.at(PipelineStage::backfill).batches == a_run().at(PipelineStage::backfill).batches);
        CHECK(read.started == a_run().started);
        CHECK(read.approvals.at(0).approval.reason == "ticket 17 </script>");
    }

    TEST_CASE("pipeline_run: a report of another version is read, without what it lacks and what it has too much") {
        auto const run = run_from_json(
            R"({"id":"x","from_the_future":[1,{"a":2}],"stages":[{"stage":"backfill","outcome":"passed"}]})");
        CHECK(run.id == "x");
        REQUIRE(run.stages.size() == 5);
        CHECK(run.stages[2].outcome == StageOutcome::passed);
        CHECK(run.at(PipelineStage::dry_run).outcome == StageOutcome::pending);
    }

    TEST_CASE("pipeline_run: what is no run is refused with the field that is wrong") {
        CHECK(refusal("[]").find("is not an object") != std::string::npos);
        CHECK(refusal(R"({"stages":[{"stage":"lunch"}]})").find("\"stages[0].stage\" is not a name") !=
              std::string::npos);
        CHECK(refusal(R"({"process":"many"})").find("\"process\" is not a whole number") != std::string::npos);
        CHECK(refusal("{").find("is no JSON") != std::string::npos);
    }

    TEST_CASE("pipeline_run: a series of batches stays bounded and keeps its sums and its longest") {
        BatchSeries series;
        constexpr std::int64_t count = 100'000;
        for (std::int64_t i = 0; i < count; ++i) {
            series.add({.at = Instant{microseconds{i + 1}},
                        .rows = 3,
                        .batches = 1,
                        .duration = microseconds{2},
                        .longest = microseconds{i == 70'000 ? 999 : 2},
                        .lock_wait = microseconds{1}});
        }
        CHECK(series.points().size() <= BatchSeries::most_points);
        CHECK(series.points().size() > BatchSeries::most_points / 4);
        BatchPoint sum;
        for (auto const& point : series.points()) {
            CHECK(point.at > sum.at);
            sum.at = point.at;
            sum.rows += point.rows;
            sum.batches += point.batches;
            sum.duration += point.duration;
            sum.longest = std::max(sum.longest, point.longest);
            sum.lock_wait += point.lock_wait;
        }
        CHECK(sum == BatchPoint{Instant{microseconds{count}}, 3 * count, count, microseconds{2 * count},
                                microseconds{999}, microseconds{count}});
        auto again = BatchSeries::from_points(series.points());
        again.add({.at = Instant{microseconds{count + 1}}, .rows = 1, .batches = 1});
        CHECK(again.points().size() <= BatchSeries::most_points);
    }

    TEST_CASE("pipeline_run: a moment is told in UTC, and one that has not come is not") {
        CHECK(to_text(Instant{microseconds{1'764'382'477'003'456}}) == "2025-11-29T02:14:37.003456Z");
        CHECK(to_text(Instant{}).empty());
    }
}
