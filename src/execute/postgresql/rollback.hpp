#pragma once

// Taking the new shape of the last migration away again on PostgreSQL.

#include "evolver/execute/contract_options.hpp"
#include "evolver/plan/step.hpp"
#include "execute/postgresql/site.hpp"

namespace evolver::postgresql {

/// Two moves of the fleet: first programs of the release are told to write the old shape only (Stage::off); when all have acknowledged that, the new
/// columns go. What only the new shape holds is counted while nobody writes; throws GateClosed where there is something, and its loss is not accepted:
/// programs write both shapes again then. Throws HistoryError; Error with Retry::helps where somebody has not acknowledged in time: the next one goes on.
Report rollback(Site& site, RollbackOptions const& options);

/// Throws HistoryError where the first of these moves was made, and not the second.
void refuse_begun_rollback(ledger::Entry const& entry);

}  // namespace evolver::postgresql
