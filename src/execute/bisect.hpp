#pragma once

// Which rows of a batch are the cause of its failure.

#include "dialect/sqlite/fill_sql.hpp"
#include "execute/workplace.hpp"

#include <functional>
#include <string>
#include <vector>

namespace evolver {

/// Rows by their keys: behind `after` (empty: from the start), up to `until`.
struct KeyRange {
    std::vector<sqlite::Value> after;
    std::vector<sqlite::Value> until;
};

/// Not where the engine had no lock, no room or no file: then the same work goes through once it has.
[[nodiscard]] bool may_be_a_rows_fault(Error const& error);

/// The keys, as SQL literals, of at most 10 rows without which the work would go through. `work` does it over a range, in a transaction that is
/// rolled back; it throws Error where it fails. A row is found by the shortest range that ends with it and fails, so of two rows that cannot be
/// together it is the later one.
/// Cost: for each row found as many attempts as it takes to halve the range down to one row, each under a lock of its own.
[[nodiscard]] std::vector<std::string> failing_rows(Workplace& workplace, Name const& table, sqlite::RowKey const& key,
                                                    KeyRange const& range,
                                                    std::function<void(KeyRange const&)> const& work);

/// "17, 'a'": a row's key as SQLite's quote() has it, by which a row that is skipped is found again; empty for none.
[[nodiscard]] std::string quoted_key(sqlite::Connection const& connection, std::vector<sqlite::Value> const& key);

}  // namespace evolver
