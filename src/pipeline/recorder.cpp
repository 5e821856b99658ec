#include "pipeline/recorder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace evolver {

namespace {

constexpr std::size_t most_lines = 1000;
constexpr std::chrono::milliseconds look_again{20};
constexpr std::chrono::seconds keep_again{1};

std::string by(ledger::Command const& command) {
    return (command.actor.empty() ? std::string{} : " by " + command.actor) +
           (command.reason.empty() ? std::string{} : ": " + command.reason);
}

/// What is said of an event in the log; empty where nothing is.
std::string line_of(Event const& event) {
    auto const of = event.migration.empty() ? std::string{} : event.migration + ": ";
    switch (event.kind) {
        case EventKind::step: return of + event.object;
        case EventKind::expanded: return of + "expanded";
        case EventKind::filled: return of + "the backfill is complete";
        case EventKind::reconciled: return of + fmt::format("both shapes agree in {} rows", event.done);
        case EventKind::switched: return of + "reads use the new shape";
        case EventKind::completed: return of + "programs write the new shape only";
        case EventKind::stepped_back: return of + "one stage back";
        case EventKind::contracted: return of + "the old shape is gone";
        case EventKind::rolled_back: return of + "the new shape is gone";
        case EventKind::waiting: return of + "waits: " + event.message;
        case EventKind::warning: return of + "warning: " + event.message;
        case EventKind::batch:
        case EventKind::scanned: return {};
    }
    return {};
}

}  // namespace

Instant this_instant() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

Recorder::Recorder(PipelineRun& run, PipelineOptions const& options, RunFile const& file)
    : run_{run}, options_{options}, file_{file} {
    watch_ = std::jthread{[this, source = run.source, id = run.id](std::stop_token const& end) {
        constexpr std::chrono::milliseconds often{50};
        std::mutex mutex;
        std::unique_lock lock{mutex};
        std::condition_variable_any ended;
        try {
            auto const seen = RunFile::open(source);
            while (!end.stop_requested() && seen.command_of(id).command != "stop")
                (void)ended.wait_for(lock, end, often, [] { return false; });
            if (!end.stop_requested()) stop_.request_stop();
        } catch (Error const&) {
            return;  // the run looks itself, between its batches
        }
    }};
}

void Recorder::begin(PipelineStage stage, std::string database) {
    stage_ = &run_.at(stage);
    // One that is begun again, after a stop or a failure, has a record of its own.
    last_attempt_ = std::move(*stage_);
    auto const before = last_attempt_.outcome;
    auto const& why = last_attempt_.why;
    *stage_ = StageRecord{.stage = stage, .outcome = StageOutcome::running};
    stage_->started = this_instant();
    stage_->database = std::move(database);
    merged_ = 0;
    counted_.clear();
    bool const again = before != StageOutcome::pending && before != StageOutcome::skipped;
    say(std::string{name_of(stage)} + (again ? " begins again on " : " begins on ") + stage_->database +
        (again ? "; last time: " + std::string{name_of(before)} + (why.empty() ? "" : ", " + why) : ""));
    keep();
}

void Recorder::end(StageOutcome outcome, std::string why) {
    stage_->ended = this_instant();
    stage_->outcome = outcome;
    stage_->why = std::move(why);
    say(std::string{name_of(stage_->stage)} + ": " + std::string{name_of(outcome)} +
        (stage_->why.empty() ? "" : ": " + stage_->why));
}

void Recorder::say(std::string text) {
    LogLine line{.at = this_instant(), .text = std::move(text)};
    if (options_.log) {
        try {
            options_.log(stage_->stage, line);
        } catch (std::exception const&) {
            line.text += " (this line did not reach the log that it was meant for)";
        }
    }
    if (stage_->log.size() < most_lines) {
        stage_->log.push_back(std::move(line));
    } else {
        ++stage_->log_lines_left_out;
    }
}

void Recorder::merge(Report const& report) {
    for (auto const& step : report.steps) {
        auto const from = stage_->steps.begin() + static_cast<std::ptrdiff_t>(merged_);
        auto const told = std::find_if(from, stage_->steps.end(), [&](StepRecord const& one) {
            return one.what == step.what && one.migration == step.migration && one.sql.empty();
        });
        if (told == stage_->steps.end()) continue;
        told->sql = step.sql;
        told->planned_rows = step.rows;
        told->estimate = step.estimate;
    }
    merged_ = stage_->steps.size();
    stage_->warnings.insert(stage_->warnings.end(), report.warnings.begin(), report.warnings.end());
}

void Recorder::count_wait(std::chrono::microseconds waited) {
    constexpr std::chrono::milliseconds worth_telling{1};
    if (waited < worth_telling) return;
    ++stage_->lock_waits.count;
    stage_->lock_waits.total += waited;
    stage_->lock_waits.longest = std::max(stage_->lock_waits.longest, waited);
}

void Recorder::on(Event const& event) {
    count_wait(event.waited);
    if (event.kind == EventKind::step) {
        stage_->steps.push_back({.migration = event.migration,
                                 .what = event.object,
                                 .rows = event.done,
                                 .duration = event.took,
                                 .started = this_instant() - event.took});
    }
    if (event.kind == EventKind::expanded && !stage_->steps.empty()) stage_->steps.back().lock_wait = event.waited;
    if (event.kind == EventKind::batch || event.kind == EventKind::scanned) {
        // An event tells how many rows there are so far; a series is of how many came.
        auto const before = counted_.find(event.migration + "\n" + event.object);
        auto const rows =
            before == counted_.end() || before->second > event.done ? event.done : event.done - before->second;
        counted_[event.migration + "\n" + event.object] = event.done;
        stage_->batches.add({.at = this_instant(),
                             .rows = rows,
                             .batches = 1,
                             .duration = event.duration,
                             .longest = event.duration,
                             .lock_wait = event.waited});
    }
    if (auto line = line_of(event); !line.empty()) say(std::move(line));
    if (options_.observer != nullptr) options_.observer->on(event);
    if (std::chrono::steady_clock::now() - kept_ >= keep_again) keep();
    listen();
    // What works in batches looks at the token, and leaves everything as it should be.
    bool const between = event.kind == EventKind::expanded || event.kind == EventKind::contracted ||
                         event.kind == EventKind::rolled_back;
    if (between && !stopped_.empty()) throw ToldToStop{};
}

void Recorder::look() {
    listen();
    if (!stopped_.empty()) throw ToldToStop{};
}

void Recorder::listen() {
    while (stopped_.empty()) {
        auto const command = options_.stop.stop_requested()
                                 ? ledger::Command{.command = "stop", .reason = "its own process was told to stop"}
                                 : file_.command_of(run_.id);
        if (command.command.empty()) return;
        obey(command);
    }
}

void Recorder::obey(ledger::Command const& command) {
    if (command.command == "stop") {
        stopped_ = "told to stop" + by(command);
        told_.push_back({"pipeline stopped", command});
        stop_.request_stop();
        return;
    }
    say("paused" + by(command));
    told_.push_back({"pipeline paused", command});
    keep();
    auto const start = std::chrono::steady_clock::now();
    ledger::Command now = command;
    while (now.command == "pause" && !options_.stop.stop_requested()) {
        std::this_thread::sleep_for(look_again);
        now = file_.command_of(run_.id);
    }
    stage_->paused += std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
    if (!now.command.empty()) return;  // it was told to stop, or this process was
    say("goes on" + by(now));
    told_.push_back({"pipeline goes on", now});
}

void Recorder::keep() {
    kept_ = std::chrono::steady_clock::now();
    try {
        file_.note(run_);
        lost_ = false;
    } catch (Error const& error) {
        // A record that cannot be kept is no reason to stop what can go on: a disk that is full stops that by itself.
        if (!std::exchange(lost_, true)) say(std::string{"the record of the run cannot be kept: "} + error.what());
    }
}

}  // namespace evolver
