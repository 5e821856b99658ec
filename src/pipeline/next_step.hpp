#pragma once

// What leads on from where a run stands.

#include "evolver/pipeline/pipeline_run.hpp"

namespace evolver {

/// `alive`: somebody works on it. `paused`: somebody has said that it waits.
[[nodiscard]] NextStep next_step(PipelineRun const& run, bool alive, bool paused);

/// Why a stage of that name was skipped that nobody has asked for.
inline constexpr char const* not_asked_for = "not asked for";
/// Was no stage left out because nobody had asked for it?
[[nodiscard]] bool is_whole(PipelineRun const& run);
/// Has it shown the plan of that digest on staging, in all stages? Then production may be approved by it.
[[nodiscard]] bool is_evidence(PipelineRun const& run, std::string const& plan_digest);
/// Was nothing asked for but a dry run, and is that over? It leaves nothing that waits, and hides nothing that does.
[[nodiscard]] bool is_rehearsal(PipelineRun const& run);

}  // namespace evolver
