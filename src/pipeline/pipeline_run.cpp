#include "evolver/pipeline/pipeline_run.hpp"

#include "evolver/error.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace evolver {

void BatchSeries::add(BatchPoint const& batch) {
    auto const join = [](BatchPoint& point, BatchPoint const& next) {
        point.at = next.at;
        point.rows += next.rows;
        point.batches += next.batches;
        point.duration += next.duration;
        point.longest = std::max(point.longest, next.longest);
        point.lock_wait += next.lock_wait;
    };
    if (!points_.empty() && points_.back().batches + batch.batches <= per_point_) {
        join(points_.back(), batch);
        return;
    }
    points_.push_back(batch);
    if (points_.size() <= most_points) return;
    std::vector<BatchPoint> joined;
    for (std::size_t i = 0; i < points_.size(); ++i) {
        if (i % 2 == 0) {
            joined.push_back(points_[i]);
        } else {
            join(joined.back(), points_[i]);
        }
    }
    points_ = std::move(joined);
    per_point_ *= 2;
}

BatchSeries BatchSeries::from_points(std::vector<BatchPoint> points) {
    BatchSeries series;
    for (auto const& point : points) series.per_point_ = std::max(series.per_point_, point.batches);
    series.points_ = std::move(points);
    return series;
}

StageRecord& PipelineRun::at(PipelineStage stage) {
    auto const found = std::ranges::find_if(stages, [&](StageRecord const& one) { return one.stage == stage; });
    if (found != stages.end()) return *found;
    throw Error{
        Failure{.what = "The run \"" + id + "\" has no record of its stage " + std::string{name_of(stage)} + ".",
                .object = id,
                .instead = "a run that run() or run_from_json() returned has all five"}};
}

StageRecord const& PipelineRun::at(PipelineStage stage) const { return const_cast<PipelineRun*>(this)->at(stage); }

std::string_view name_of(Environment environment) noexcept {
    return environment == Environment::staging ? "staging" : "production";
}

std::string_view name_of(PipelineStage stage) noexcept {
    switch (stage) {
        case PipelineStage::dry_run: return "dry_run";
        case PipelineStage::migration: return "migration";
        case PipelineStage::backfill: return "backfill";
        case PipelineStage::reconciliation: return "reconciliation";
        case PipelineStage::rollback_test: return "rollback_test";
    }
    return "?";
}

std::string_view name_of(StageOutcome outcome) noexcept {
    switch (outcome) {
        case StageOutcome::pending: return "pending";
        case StageOutcome::running: return "running";
        case StageOutcome::passed: return "passed";
        case StageOutcome::failed: return "failed";
        case StageOutcome::blocked: return "blocked";
        case StageOutcome::stopped: return "stopped";
        case StageOutcome::skipped: return "skipped";
    }
    return "?";
}

std::string_view name_of(NextStep::Kind kind) noexcept {
    using enum NextStep::Kind;
    switch (kind) {
        case none: return "none";
        case run: return "run";
        case resume: return "resume";
        case go_on: return "go_on";
        case resume_backfill: return "resume_backfill";
        case approve: return "approve";
        case recover: return "recover";
        case contract: return "contract";
    }
    return "?";
}

std::string to_text(Instant instant) {
    if (instant == Instant{}) return {};
    auto const seconds = std::chrono::floor<std::chrono::seconds>(instant);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                       (instant - seconds).count());
}

}  // namespace evolver
