#pragma once

// Bringing a PostgreSQL database to a schema that serves this release and the older ones.

#include "evolver/plan/step.hpp"
#include "execute/postgresql/site.hpp"

namespace evolver::postgresql {

/// Comes into the fleet, then expands what is pending, each migration in one transaction. Everything pending is tried first on empty tables of the same
/// form, in a transaction that is rolled back. Throws PlanError, HistoryError, SchemaTooNew, EngineError.
Report expand(Site& site);

/// The trial alone. Writes nothing.
[[nodiscard]] Report rehearse(Site& site);

}  // namespace evolver::postgresql
