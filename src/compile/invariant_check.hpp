#pragma once

// The queries of invariants, as they are checked before the first write and as they are run.

#include "dialect/sqlite/connection.hpp"
#include "evolver/plan/invariant.hpp"

#include <string>

namespace evolver {

/// The query as it is run: in parentheses nothing but one query can stand, and none that writes.
[[nodiscard]] std::string invariant_sql(Expression const& query);

/// Does `database` answer one of the invariant's queries? Throws PlanError, which names the migration.
void check_invariant(sqlite::Connection const& database, std::string const& migration, Invariant const& invariant,
                     Expression const& query);

}  // namespace evolver
