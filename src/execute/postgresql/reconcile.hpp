#pragma once

// The proof, row by row, that the old and the new shape say the same on PostgreSQL.

#include "evolver/execute/reconcile_options.hpp"
#include "evolver/execute/reconciliation.hpp"
#include "execute/postgresql/site.hpp"

#include <cstddef>

namespace evolver::postgresql {

/// Compares the pairs of an open migration; writes nothing. Throws ReconcileError.
[[nodiscard]] Reconciliation compare_shapes(Site& site, std::size_t position);

/// Compares those of every open migration, asks its invariants, and moves reads to the new shape. Throws GateClosed while a backfill is not complete;
/// ReconcileError; InvariantError; and Error with Retry::helps where `options` stop it: see execute/postgresql/comparison.hpp.
Reconciliation reconcile(Site& site, ReconcileOptions const& options = {});

}  // namespace evolver::postgresql
