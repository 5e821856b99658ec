#pragma once

// The sync triggers of a table: they carry a write of one shape to the other, for programs that know one shape only.
//
// One set per open pair; chains (x → y → z) work because a trigger's own UPDATE fires the triggers of the neighbouring pair. What each
// may assume, and which rule it keeps (field experience, each with a test in tests/dialect/sqlite/sync_test.cpp):
//
//   insert_up      an old program inserted: new columns are NULL → new = up(old)
//   insert_down    a new program inserted the new columns by hand → old = down(new)
//   update_up      an old column was written, and it or a newer one is not what it was → new = up(old). If the statement wrote
//                  both, update_down has fired before, and nothing is left to do. But a newer one may also be what a BEFORE
//                  trigger of the application's left behind, which wrote the same row first: sync carried that up.
//   update_down    a new column changed → old = down(new), through the whole chain. If both changed, the new one wins.
//                  In a chain it first catches up: what lies between the new column and what is older still may not be filled
//                  yet. The new column is held against what would be there, so a value that the row shows already changes
//                  nothing.
//   key            the key changed: a row may have moved behind the backfill's checkpoint → what is empty is filled
//
// - The body computes from the row as it is now, addressed by its key, not from NEW.*: a trigger of the application's may have rewritten
//   the row since.
// - The body acts only where the two shapes disagree, so it fires nothing back: no recursion, whatever recursive_triggers says, also
//   for expressions that lose something.
// - update_up settles twice: if a trigger of the application's rewrites the old column in answer to evolver's own UPDATE, SQLite does not
//   fire update_up again from within itself.
// - The counter of legacy writes is on a page of its own, which a transaction of one row would write as a second one: a third of its
//   time. So it is raised for the first legacy write of a second only; who must know of the very next one turns its time around
//   (ledger::watch_legacy).
// - Sync never makes a statement fail: `up` is checked beforehand for functions that can raise errors, and a value that it cannot convert
//   gives NULL, which is quarantine.

#include "dialect/sqlite/in_sync.hpp"
#include "dialect/sqlite/inspect.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace evolver::sqlite {

struct SyncedPair {
    PhysicalPair pair;
    std::string label;        ///< Part of the triggers' names; differs among the pairs of a table.
    std::int64_t legacy = 0;  ///< The row of evolver_legacy that counts the writes which needed translation.
};

/// CREATE TRIGGER statements for all open pairs of one table, in plan order.
[[nodiscard]] std::vector<std::string> sync_triggers(Name const& table, RowKey const& key,
                                                     std::vector<SyncedPair> const& pairs);

/// A statement for a trigger's body: a legacy write has come in, if `condition` holds.
[[nodiscard]] std::string count_legacy_write(std::int64_t counter, std::string const& condition);

/// The names of all sync triggers begin so; they are no part of a schema.
inline constexpr std::string_view sync_prefix = "evolver_sync_";

}  // namespace evolver::sqlite
