#pragma once

// Facts about the rows of a live table, for lint. Each reads the table from end to end, and is none where the table
// or a column of it is not there.

#include "dialect/sqlite/connection.hpp"
#include "evolver/operation/pair.hpp"
#include "evolver/operation/rule.hpp"
#include "evolver/schema/index.hpp"

#include <cstdint>
#include <optional>

namespace evolver::sqlite {

/// SQLite's version as a number: 3040001.
[[nodiscard]] std::int64_t engine_version();

using Count = std::optional<std::int64_t>;

[[nodiscard]] Count count_rows(Connection const& connection, Name const& table);
/// Rows in which the column is not NULL.
[[nodiscard]] Count count_values(Connection const& connection, Name const& table, Name const& column);
/// Rows that the index, if it were unique, would refuse beside the first of their values.
[[nodiscard]] Count count_duplicates(Connection const& connection, Index const& index);
/// Rows that break the rule.
[[nodiscard]] Count count_broken(Connection const& connection, Rule const& rule);
/// Rows whose old values cannot be had back from the new ones: `down(up(x))` is not `x`.
[[nodiscard]] Count count_lost(Connection const& connection, Pair const& pair);
/// Rows of a column of numbers that hold text or bytes: SQLite keeps what it cannot convert.
[[nodiscard]] Count count_misfits(Connection const& connection, Name const& table, Column const& column);

}  // namespace evolver::sqlite
