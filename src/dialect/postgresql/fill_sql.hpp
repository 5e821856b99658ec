#pragma once

// The statements of a backfill and of a reconciliation over one table, by ranges of its key.

#include "dialect/postgresql/conversion.hpp"
#include "dialect/postgresql/key_range.hpp"
#include "evolver/operation/effect.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace evolver::postgresql {

/// Fills what is not filled, of one pair, and what is no longer true of one that is refilled: one UPDATE, in which everything is evaluated on the row as it is when it is locked (READ COMMITTED reads the
/// newest version then). Values that were read before would overwrite what an old program has written meanwhile.
/// `besides`: " AND …", what has to hold of a row, too.
[[nodiscard]] std::string fill(NamedPair const& named, RowKey const& key, Range range, std::string const& besides = {});

/// The same for rows that can all be converted, by the expressions themselves, which takes half of the time: a statement after which filled_at_once() says
/// how many rows it has filled, or -1 if a row could not be, and then none is. It fails where the fault is no row's.
[[nodiscard]] std::string fill_at_once(NamedPair const& named, RowKey const& key, KeySpan const& span,
                                       std::string const& besides);
[[nodiscard]] std::string filled_at_once();

/// Fills columns of the rows of a range once, as fill() does; and what has the server parse that, and not run it.
[[nodiscard]] std::string fill(Transform const& transform, std::string const& schema, RowKey const& key, Range range,
                               std::string const& besides = {});
[[nodiscard]] std::string transform_check(Transform const& transform, std::string const& schema);

/// The row is not one that somebody has skipped: see ledger/postgresql/runs.hpp.
[[nodiscard]] std::string is_not_skipped(Name const& table, RowKey const& key, std::string const& plan,
                                         std::int64_t position);

/// (rows, rows that are not in sync, rows that the new shape cannot give back) of a range, for one pair.
[[nodiscard]] std::string compare(NamedPair const& named, RowKey const& key, Range range);

/// How many rows hold something in the new shape that the old one would not give back.
[[nodiscard]] std::string count_unreturnable(NamedPair const& named);

/// The keys, as text, of the first rows that are not in sync; behind them what the old and the new columns hold, as literals, where that is shown.
enum class Values { masked, shown };
[[nodiscard]] std::string find_different(NamedPair const& named, RowKey const& key, Range range, std::int64_t limit,
                                         Values values);
/// The keys of those that are in sync, and that the new shape cannot give back.
[[nodiscard]] std::string find_lossy(NamedPair const& named, RowKey const& key, Range range, std::int64_t limit);

/// Notes the old values that the new shape cannot give back: $1 the plan, $2 the migration.
[[nodiscard]] std::vector<std::string> quarantine(NamedPair const& named, RowKey const& key);

}  // namespace evolver::postgresql
