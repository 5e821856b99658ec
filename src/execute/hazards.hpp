#pragma once

// Lint of what is still to be done to this database.

#include "evolver/plan/finding.hpp"
#include "execute/workplace.hpp"

#include <vector>

namespace evolver {

/// Reads only. Throws HistoryError, SchemaTooNew.
[[nodiscard]] std::vector<Finding> look_for_hazards(Workplace const& workplace, sqlite::Connection const& connection);

}  // namespace evolver
