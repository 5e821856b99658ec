#pragma once

// The ledger of a copy, which came with the rows.

#include "dialect/sqlite/connection.hpp"

#include <string>

namespace evolver::ledger {

/// What people have said of the original does not hold for a copy on which a change is only tried: that approvals are needed, that a stage is held, that
/// a backfill is to pause. Inside a write transaction.
void forget_orders(sqlite::Connection const& connection, std::string const& plan);

/// Says in the copy that it is one, so that nobody's own database is ever taken for one and replaced. Inside a write transaction.
void mark_copy(sqlite::Connection const& connection, std::string const& original);
[[nodiscard]] bool is_copy(sqlite::Connection const& connection);

}  // namespace evolver::ledger
