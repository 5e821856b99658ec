#pragma once

// Which rows of a batch are the cause of its failure: execute/bisect.hpp, on PostgreSQL.

#include "dialect/postgresql/key_range.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "execute/postgresql/site.hpp"

#include <functional>
#include <string>
#include <vector>

namespace evolver::postgresql {

/// Not where the server had no lock, no room, no right or no time: then the same work goes through once it has.
[[nodiscard]] bool may_be_a_rows_fault(EngineError const& error);

/// The keys, as SQL literals, of at most 10 rows without which the work would go through. `work` does it over a span, in a transaction of its own that
/// is rolled back; it throws EngineError where it fails. A row is found by the shortest span that ends with it and fails, so of two rows that
/// cannot be together it is the later one.
/// Cost: for each row found as many attempts as it takes to halve the span down to one row; each holds its rows no longer than a batch.
[[nodiscard]] std::vector<std::string> failing_rows(Site const& site, Name const& table, RowKey const& key,
                                                    KeySpan const& span,
                                                    std::function<void(KeySpan const&)> const& work);

/// "17, 'a'", as key_text() has it, by which a row that is skipped is found again; empty for none.
[[nodiscard]] std::string key_in_words(Connection const& connection, RowKey const& key,
                                       std::vector<std::string> const& parts);

}  // namespace evolver::postgresql
