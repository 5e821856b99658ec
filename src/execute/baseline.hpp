#pragma once

// Baseline: a database that existed before evolver is taken for what the first migrations of a plan make.
//
// What operations make, the compiler knows. SQL of one's own is run once in memory, from nothing, and its schema compared. Where it builds on tables
// that are not the plan's, its statements are run on the schema as it is instead: what still changes something has not been done.

#include "execute/workplace.hpp"

namespace evolver {

/// How many migrations there are up to `last`. Throws PlanError where the plan does not name it.
[[nodiscard]] std::size_t migrations_through(Plan const& plan, MigrationId const& last);

/// Records that the database is what the migrations up to `last` would have made; what only a baseline has said before is said anew. Throws
/// DriftError, with the differences, where it is not, and HistoryError where a migration has been brought. Where nothing can be
/// compared, a warning tells that.
void baseline(Workplace& workplace, MigrationId const& last);

}  // namespace evolver
