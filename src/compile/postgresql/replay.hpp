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

/// The same of one migration, in the transaction that the connection is in, where its changes stay; those of one that fails do not.
[[nodiscard]] MigrationReplay replay_within(Migration const& migration, Connection const& database,
                                            std::string const& schema);

}  // namespace evolver::postgresql
