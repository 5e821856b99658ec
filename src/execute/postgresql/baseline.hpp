#pragma once

// Baseline on PostgreSQL: a database that existed before evolver is taken for what the first migrations of a plan make.
//
// They are run from nothing, each to its end, in a schema of its own and in a transaction that is rolled back; the server itself says what they have made,
// and whether the real schema has that. Where SQL builds on tables that are not the plan's, its statements are run on empty copies of the real ones
// instead: what still changes something has not been done, and what fails was done before.

#include "evolver/plan/migration.hpp"
#include "execute/postgresql/site.hpp"

namespace evolver::postgresql {

/// Records that the database is what the migrations up to `last` would have made; what only a baseline has said before is said anew. Throws DriftError, with
/// the differences, where it is not, or where that cannot be seen; HistoryError where a migration has been brought; PlanError. Where a rename leaves nothing to
/// compare, a warning tells that.
void baseline(Site& site, MigrationId const& last);

}  // namespace evolver::postgresql
