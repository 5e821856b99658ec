#pragma once

// Tries migrations of SQL texts on an SQLite database that is there to be tried on.

#include "compile/migration_replay.hpp"
#include "dialect/sqlite/connection.hpp"
#include "evolver/plan/plan.hpp"

#include <string>
#include <vector>

namespace evolver {

struct ReplayOptions {
    /// Functions that the application registers, with the number of their arguments: "slug/1".
    std::vector<std::string> functions = {};
};

/// Takes `database` through the plan, migration by migration, each through expand, its way back and forth, and
/// contract. The database is changed: give a clone, a copy with sample rows, or an empty one. Throws PlanError for an
/// operation that is no RawSql. Cost: what the migrations cost, and one pass over all rows for each.
[[nodiscard]] std::vector<MigrationReplay> replay(Plan const& plan, sqlite::Connection const& database,
                                                  ReplayOptions const& options = {});

}  // namespace evolver
