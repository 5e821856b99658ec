#pragma once

#include "pipeline/report/html.hpp"

namespace evolver::report {

/// The style sheet of the page, without its element.
[[nodiscard]] Html style_sheet();

}  // namespace evolver::report
