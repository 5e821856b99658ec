#pragma once

// Tries migrations of SQL texts on a PostgreSQL database that is there to be tried on.

#include "compile/migration_replay.hpp"
#include "dialect/postgresql/connection.hpp"
#include "evolver/plan/plan.hpp"

#include <string>
#include <vector>

namespace evolver::postgresql {

/// Takes the schema through the plan, migration by migration, each through expand, its way back and forth, and contract, in a transaction of its own that is
/// committed. `schema` is the first of the search_path. Throws PlanError for an operation that is no RawSql. Cost: what the migrations cost, and a
/// copy of all rows for each. Orphans are never found: foreign keys are on.
[[nodiscard]] std::vector<MigrationReplay> replay(Plan const& plan, Connection const& database,
                                                  std::string const& schema);

}  // namespace evolver::postgresql
