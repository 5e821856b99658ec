#pragma once

// Lint of what is still to be done to this database.

#include "evolver/plan/finding.hpp"
#include "execute/postgresql/site.hpp"

#include <vector>

namespace evolver::postgresql {

/// Nothing of it lasts. Throws HistoryError, SchemaTooNew.
[[nodiscard]] std::vector<Finding> look_for_hazards(Site const& site);

}  // namespace evolver::postgresql
