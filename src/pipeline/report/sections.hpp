#pragma once

// The sections of the page, in its order. Each is there also where it has nothing to tell, and says so.

#include "evolver/pipeline/pipeline_run.hpp"
#include "pipeline/report/html.hpp"

#include <array>
#include <string_view>

namespace evolver::report {

struct Section {
    std::string_view id;
    std::string_view title;
    Html (*inside)(PipelineRun const& run);
};

[[nodiscard]] Html timeline(PipelineRun const& run);
[[nodiscard]] Html stages(PipelineRun const& run);
[[nodiscard]] Html backfill(PipelineRun const& run);
[[nodiscard]] Html lock_waits(PipelineRun const& run);
[[nodiscard]] Html reconciliation(PipelineRun const& run);
[[nodiscard]] Html rollback_test(PipelineRun const& run);
[[nodiscard]] Html findings(PipelineRun const& run);
[[nodiscard]] Html gates(PipelineRun const& run);
[[nodiscard]] Html approvals(PipelineRun const& run);

inline constexpr std::array sections{
    Section{"timeline", "Timeline", timeline},
    Section{"stages", "Stages", stages},
    Section{"backfill", "Backfill", backfill},
    Section{"lock-waits", "Lock waits", lock_waits},
    Section{"reconciliation", "Reconciliation", reconciliation},
    Section{"rollback-test", "Rollback test", rollback_test},
    Section{"findings", "Findings", findings},
    Section{"gates", "Gates", gates},
    Section{"approvals", "Approvals", approvals},
};

/// "good", "bad", "careful" or nothing: the class that colours an outcome.
[[nodiscard]] std::string_view tone_of(StageOutcome outcome) noexcept;
[[nodiscard]] Html badge_of(StageOutcome outcome);
/// "dry run": as people write it.
[[nodiscard]] std::string title_of(PipelineStage stage);
/// How long it took, pauses included.
[[nodiscard]] std::chrono::microseconds took(StageRecord const& stage);

}  // namespace evolver::report
