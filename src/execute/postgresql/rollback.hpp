#pragma once

// Taking the new shape of the last migration away again on PostgreSQL.

#include "evolver/execute/contract_options.hpp"
#include "evolver/plan/step.hpp"
#include "execute/postgresql/site.hpp"

namespace evolver::postgresql {

/// One transaction. What only the new shape holds is counted while nobody writes; throws GateClosed where there is something, and its loss is not accepted.
/// Throws HistoryError.
Report rollback(Site& site, RollbackOptions const& options);

}  // namespace evolver::postgresql
