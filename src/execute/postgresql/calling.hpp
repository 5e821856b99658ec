#pragma once

// The batches of a Backfill that calls C++ functions: dialect/postgresql/call_sql.hpp has how.

#include "dialect/postgresql/call_sql.hpp"
#include "dialect/postgresql/connection.hpp"
#include "dialect/postgresql/key_range.hpp"

#include <cstdint>
#include <string>

namespace evolver::postgresql {

/// Fills the rows of a span, in the transaction that is open. Returns how many. A function that throws is an EngineError, as an expression that fails is.
[[nodiscard]] std::int64_t fill_by_calls(Connection const& connection, CalledTransform const& called,
                                         std::string const& schema, RowKey const& key, KeySpan const& span,
                                         std::string const& besides);

}  // namespace evolver::postgresql
