#pragma once

// Rollback: take the new shape of an expanded migration away again.

#include "evolver/execute/contract_options.hpp"
#include "evolver/plan/step.hpp"
#include "execute/workplace.hpp"

namespace evolver {

/// The old shape keeps every write that reached it. Throws HistoryError where the migration is contracted, is not the last that is expanded,
/// or is not expanded; GateClosed where the new shape holds something that the old one cannot, unless that loss is accepted.
[[nodiscard]] Report rollback(Workplace& workplace, RollbackOptions const& options);

}  // namespace evolver
