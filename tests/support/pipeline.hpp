#pragma once

// Runs of the pipeline as tests make them, and what happens in the middle of them.

#include "evolver/pipeline/approval.hpp"
#include "evolver/pipeline/pipeline.hpp"
#include "support/application.hpp"
#include "support/folder.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace evolver::testing {

inline PipelineOptions staging(Folder const& folder) {
    return {.database = folder.database(), .actor = "bob", .planner = "carol"};
}

inline PipelineOptions production(Folder const& folder) {
    return {.database = folder.database(), .environment = Environment::production, .actor = "bob", .planner = "carol"};
}

/// Why stages did not pass, for a test that fails.
inline std::string failures_of(PipelineRun const& run) {
    std::string all = std::string{name_of(run.outcome)} + "\n";
    for (auto const& stage : run.stages) {
        all += std::string{name_of(stage.stage)} + " " + std::string{name_of(stage.outcome)} + " " + stage.why + "\n";
        if (stage.failure) all += stage.failure->what + "\n" + stage.failure->sql + "\n";
    }
    return all;
}

/// Does something once, in the middle of a stage: at its first line, or at the first event of a kind in it. The options that it is put into must not
/// outlive it.
class InTheMiddle : public Observer {
public:
    using What = std::function<void()>;

    InTheMiddle(PipelineStage stage, What what) : stage_{stage}, what_{std::move(what)} {}
    InTheMiddle(PipelineStage stage, EventKind kind, What what) : stage_{stage}, kind_{kind}, what_{std::move(what)} {}

    PipelineOptions in(PipelineOptions options) {
        options.observer = this;
        options.log = [this](PipelineStage stage, LogLine const&) {
            now_ = stage;
            if (!kind_) happen();
        };
        return options;
    }

    void on(Event const& event) override {
        if (kind_ == event.kind) happen();
    }
    [[nodiscard]] bool happened() const noexcept { return happened_; }

private:
    void happen() {
        if (happened_ || now_ != stage_) return;
        happened_ = true;
        what_();
    }

    PipelineStage stage_;
    std::optional<EventKind> kind_;
    What what_;
    std::optional<PipelineStage> now_;
    bool happened_ = false;
};

/// A run on staging that has passed, as evidence.
inline PipelineRun shown(Folder const& folder, Plan const& plan = catalogue()) {
    auto run = Pipeline{plan, staging(folder)}.run();
    CAPTURE(failures_of(run));
    REQUIRE(run.outcome == StageOutcome::passed);
    return run;
}

}  // namespace evolver::testing
