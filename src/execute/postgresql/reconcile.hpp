#pragma once

// The proof, row by row, that the old and the new shape say the same on PostgreSQL.

#include "evolver/execute/reconciliation.hpp"
#include "execute/postgresql/site.hpp"

#include <optional>

namespace evolver::postgresql {

/// Compares the pairs of every open migration, or of one, in chunks of one statement each, so that a difference is a fact; writes nothing. Throws ReconcileError.
[[nodiscard]] Reconciliation compare_shapes(Site& site, std::optional<std::size_t> position = {});

/// compare_shapes(), and moves reads to the new shape. Throws GateClosed while a backfill is not complete.
Reconciliation reconcile(Site& site);

}  // namespace evolver::postgresql
