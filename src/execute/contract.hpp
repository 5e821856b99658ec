#pragma once

// Contract: remove the old shape, where it is proven that nobody needs it.

#include "evolver/execute/contract_options.hpp"
#include "evolver/plan/step.hpp"
#include "execute/workplace.hpp"

#include <chrono>

namespace evolver {

/// Every gate of every open migration that removes something, open or closed.
[[nodiscard]] std::vector<Gate> gates(Workplace& workplace, std::chrono::seconds soak, ContractOptions const& options);

/// Contracts the open migrations in plan order, each in a transaction of its own that raises the floor first. Throws GateClosed before
/// anything is removed, ReconcileError where the last scan finds a row that differs.
[[nodiscard]] Report contract(Workplace& workplace, std::chrono::seconds soak, ContractOptions const& options);

}  // namespace evolver
