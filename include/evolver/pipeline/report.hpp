#pragma once

/// A run of the pipeline as one page of HTML.
///
/// The page is complete in itself: no script, no request leaves it, and a policy in it forbids both. It has the stages on a line of time, plots of batches
/// and of lock waits with the tables that they are drawn from, what was compared, gates, findings and approvals. It prints, is readable on a phone and
/// by a screen reader, in light and in dark. Whatever comes from a database or from people is text in it, never markup.

#include "evolver/pipeline/pipeline_run.hpp"

#include <string>

namespace evolver {

/// Cost: some tens of kilobytes; the series of a run is of bounded length.
[[nodiscard]] std::string html_report(PipelineRun const& run);

}  // namespace evolver
