#pragma once

// Removing the old shape on PostgreSQL, once it is proven that nobody needs it. The gates are those of SQLite (fleet/gates), but for `processes`: who else
// is connected to a server says nothing of who uses a table.

#include "evolver/execute/contract_options.hpp"
#include "evolver/fleet/gate.hpp"
#include "evolver/fleet/stage_order.hpp"
#include "evolver/plan/step.hpp"
#include "execute/postgresql/site.hpp"

#include <chrono>
#include <vector>

namespace evolver::postgresql {

/// In plan order, up to the first migration that is not due or held. Each is one transaction of the fleet's mover: the gates are judged again while nobody
/// comes in and the tables are locked, and the invariants are asked around the steps; an instance of an older release that starts from here on is refused before it writes. Throws GateClosed,
/// ReconcileError, InvariantError.
Report contract(Site& site, std::chrono::seconds soak, ContractOptions const& options = {});

/// Moves a migration that is `switched` to `complete`, and waits for nothing but the move before. Throws GateClosed, HistoryError.
void complete_stage(Site& site, std::chrono::seconds soak, std::size_t position, StageOrder const& order);

/// Every gate of every open migration, open or closed.
[[nodiscard]] std::vector<Gate> gates(Site& site, std::chrono::seconds soak, ContractOptions const& options = {});

}  // namespace evolver::postgresql
