#pragma once

// What a run does, written down as it happens, and the orders that it gets meanwhile.

#include "evolver/observe/observer.hpp"
#include "evolver/pipeline/pipeline.hpp"
#include "execute/workplace.hpp"
#include "pipeline/run_file.hpp"

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace evolver {

/// Thrown by an event, between two transactions, where the run was told to stop. No Error: whoever reacts to errors must not react to it.
struct ToldToStop : std::exception {
    [[nodiscard]] char const* what() const noexcept override { return "the run was told to stop"; }
};

class Recorder : public Observer {
public:
    Recorder(PipelineRun& run, PipelineOptions const& options, RunFile const& file);

    /// From here on everything is of this stage.
    void begin(PipelineStage stage, std::string database);
    void end(StageOutcome outcome, std::string why = {});
    [[nodiscard]] StageRecord& stage() const { return *stage_; }
    /// The record of the stage's last attempt, where this is not the first.
    [[nodiscard]] StageRecord const& last_attempt() const noexcept { return last_attempt_; }

    void say(std::string text);
    /// A step of the pipeline's own: notes how long `work` took.
    template <class Work>
    auto step(std::string what, Work const& work);
    /// Adds to the steps that were told since the last call what the report knows of them.
    void merge(Report const& report);

    /// A transaction of the calls that the stage makes is over. Waits while the run is paused. Throws ToldToStop behind a migration that was expanded,
    /// contracted or rolled back; batches look at token().
    void on(Event const& event) override;
    /// The same where no event comes: between two scans.
    void look();
    /// Obeys what the run was told, without throwing; waits while it is paused.
    void listen();
    /// For calls that look at a token themselves. It is stopped soon after somebody has told the run to stop, also where no event comes.
    [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }
    /// Why the run was told to stop; empty where it was not.
    [[nodiscard]] std::string const& stopped() const noexcept { return stopped_; }

    /// What operators have told the run since the last call, for the audit trail.
    struct Told {
        std::string event;  ///< "pipeline paused", "pipeline goes on", "pipeline stopped"
        ledger::Command command;
    };
    [[nodiscard]] std::vector<Told> told() { return std::exchange(told_, {}); }

    /// Writes the run into its file.
    void keep();

private:
    void count_wait(std::chrono::microseconds waited);
    void obey(ledger::Command const& command);

    PipelineRun& run_;
    PipelineOptions const& options_;
    RunFile const& file_;
    StageRecord* stage_ = nullptr;
    StageRecord last_attempt_;
    std::map<std::string, std::int64_t> counted_;  // rows so far, by migration and table
    std::size_t merged_ = 0;                       // steps that have their report
    std::stop_source stop_;
    std::stop_callback<std::function<void()>> stops_with_{options_.stop, [this] { stop_.request_stop(); }};
    std::string stopped_;
    std::vector<Told> told_;
    bool lost_ = false;
    std::chrono::steady_clock::time_point kept_{};
    std::jthread watch_;  // the last: it uses the others
};

[[nodiscard]] Instant this_instant();

template <class Work>
auto Recorder::step(std::string what, Work const& work) {
    StepRecord record{.what = std::move(what), .started = this_instant()};
    say(record.what);
    auto const start = std::chrono::steady_clock::now();
    struct Note {
        StageRecord& stage;
        StepRecord& record;
        std::size_t& merged;
        std::chrono::steady_clock::time_point start;
        ~Note() {
            record.duration =
                std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
            stage.steps.push_back(std::move(record));
            merged = stage.steps.size();
        }
    } const note{*stage_, record, merged_, start};
    return work();
}

}  // namespace evolver
