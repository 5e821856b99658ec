#pragma once

// The queries of invariants, as they are run on PostgreSQL.

#include "evolver/schema/expression.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace evolver::postgresql {

/// In parentheses nothing but one query can stand, and none that writes by its own words.
[[nodiscard]] std::string invariant_sql(Expression const& query, std::size_t most_rows);
/// The server looks at the query, and does not run it.
[[nodiscard]] std::string explain_invariant(Expression const& query);

/// Around a query, in the transaction that is open: a function that writes is an error, and whatever happens is taken back.
[[nodiscard]] std::string begin_to_ask();
[[nodiscard]] std::string end_to_ask();
/// To the end of the transaction: a statement that takes longer fails with query_canceled.
[[nodiscard]] std::string ask_no_longer_than(std::chrono::milliseconds limit);

/// The tables that this transaction has read or locked until now, with their schemas, quoted; without the server's own and evolver's.
[[nodiscard]] std::string tables_read();
/// Nobody else writes to them until the end of the transaction; to read goes on.
[[nodiscard]] std::string keep_writers_out(std::vector<std::string> const& tables);

}  // namespace evolver::postgresql
