#pragma once

// Reconciliation: the proof that the old and the new shape say the same, row by row. What is compared how, and when a run goes on that was
// stopped, stands in comparison.hpp.

#include "evolver/execute/reconcile_options.hpp"
#include "evolver/execute/reconciliation.hpp"
#include "execute/workplace.hpp"

namespace evolver {

/// Compares every open migration that is filled, records the result, and moves reads to the new shape where it is clean. Throws
/// ReconcileError, and GateClosed while a backfill is not complete.
Reconciliation reconcile(Workplace& workplace, ReconcileOptions const& options);

}  // namespace evolver
