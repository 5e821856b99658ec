#pragma once

// The statements of a backfill and of a reconciliation over one table, by ranges of its key.
//
// Ranges are half-open at the start: (done, until]. Keys are row values, which PostgreSQL compares and seeks in the index of the key; they travel as text,
// and are only ever compared by the server, as the key's own types.

#include "dialect/postgresql/conversion.hpp"

#include <string>
#include <vector>

namespace evolver::postgresql {

/// How the rows of a table are addressed: its primary key.
struct RowKey {
    std::vector<Side> columns;
};

/// Which ends of a range are given. The parameters are $1 … $k for the start and $k+1 … $2k for the end, or $1 … $k for the only one.
enum class Range { all, after, until, after_until };

/// The last key; no row for an empty table.
[[nodiscard]] std::string last_key(std::string const& table, RowKey const& key);

/// The last key of the next `rows` rows in the range; no row where none is left.
[[nodiscard]] std::string key_after_rows(std::string const& table, RowKey const& key, Range range, std::int64_t rows);

/// Fills what is not filled, of one pair: one UPDATE, in which everything is evaluated on the row as it is when it is locked (READ COMMITTED reads the
/// newest version then). Values that were read before would overwrite what an old program has written meanwhile.
[[nodiscard]] std::string fill(NamedPair const& named, RowKey const& key, Range range);

/// (rows, rows that are not in sync, rows that the new shape cannot give back) of a range, for one pair.
[[nodiscard]] std::string compare(NamedPair const& named, RowKey const& key, Range range);

/// How many rows hold something in the new shape that the old one would not give back.
[[nodiscard]] std::string count_unreturnable(NamedPair const& named);

/// The keys, as text, of the first rows that are not in sync.
[[nodiscard]] std::string find_different(NamedPair const& named, RowKey const& key, Range range, int limit);
/// The same of those that are in sync, and that the new shape cannot give back.
[[nodiscard]] std::string find_lossy(NamedPair const& named, RowKey const& key, Range range, int limit);

/// Notes the old values that the new shape cannot give back: $1 the plan, $2 the migration.
[[nodiscard]] std::vector<std::string> quarantine(NamedPair const& named, RowKey const& key);

}  // namespace evolver::postgresql
