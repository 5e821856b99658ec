#pragma once

// Who is told that a stage did not pass: a command, a file.

#include "evolver/pipeline/pipeline_run.hpp"

#include <functional>
#include <string>

namespace evolver::cli {

struct Alerts {
    std::string command =
        {};                 ///< Run by the shell, with the words on its standard input and the run's id in EVOLVER_RUN.
    std::string file = {};  ///< One JSON object is appended, on one line.
};

[[nodiscard]] std::function<void(PipelineRun const&)> alert_by(Alerts const& alerts);

}  // namespace evolver::cli
