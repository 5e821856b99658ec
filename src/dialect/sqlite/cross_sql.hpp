#pragma once

// A fact that moves to another table: when its two places agree, how one is filled from the other, and the triggers that keep them in step.
//
// The places agree for a row of the target when no row of the source in its group says anything else than it, or when it says what the source
// says: what the one with the largest key says, of those that say anything. "Same" is by representation (in_sync.hpp). Each trigger, and what it may
// assume:
//
//   source_insert       an old program inserted, and said something → the target, which is made where the plan says so
//   source_insert_down  a row came in that says nothing, and the target has something to say → the source
//   source_update       an old program wrote the column, or a key → the target of its group
//   source_key          a row has left a group → what the others of that group say; if none is left, what it said stays in the target
//   source_delete       the same
//   source_key_down     a row that says nothing came into another group, where the target has something to say → the source
//   target_insert_up    a row came in that says nothing → what the source says
//   target_insert_down  a row came in that says something → the source, and the other rows of the target
//   target_key          a row came into another group, by a statement that does not name the column → what the source says there; or it
//                       moved behind the backfill's checkpoint; where nobody says anything, one that is not filled keeps what it was
//                       read as
//   target_update_down  the column was named, be it that it holds what it held: a NULL in a row that is not filled yet, or a key that was
//                       written with it, which is how LiveTable says that the value goes with the row → the source, and the
//                       other rows of the target. Only the new release names it, and sync, which leaves the two in agreement
//
// As in sync.hpp: bodies compute from rows as they are now, and act only where the two disagree, so that nothing comes back. A value that was
// carried to the target agrees there, whatever else the source's group says: it does not come down to other rows of the source.

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/fill_sql.hpp"
#include "dialect/sqlite/in_sync.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "evolver/operation/cross_pair.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace evolver::sqlite {

/// Over physical columns.
struct PhysicalCrossPair {
    CrossPair pair;
    Affinity affinity;
    RowKey source_row;
    RowKey target_row;
};

/// What the source says for the row of the target that `target` names: a quoted table or alias.
[[nodiscard]] std::string said_by_source(CrossPair const& pair, std::string const& target);

/// What the target says under a key, one expression per column of it; NULL where it says nothing.
[[nodiscard]] std::string said_by_target(CrossPair const& pair, std::vector<std::string> const& key);

/// The target's rows as far as they are not filled.
[[nodiscard]] PhysicalTransform cross_fill(PhysicalCrossPair const& pair);
/// Makes the rows of the target that rows in a range of the source lack, but for those for which `left_out` holds; empty: none.
[[nodiscard]] std::string make_missing(PhysicalCrossPair const& pair, Range range, std::string const& left_out = {});

/// Carries over what the source's row with the key ?1 … ?k says.
[[nodiscard]] std::string carry_from_source(PhysicalCrossPair const& pair);
/// Fills the target's row with the key ?1 … ?k where it does not agree.
[[nodiscard]] std::string carry_to_target(PhysicalCrossPair const& pair);

/// As compare() of fill_sql.hpp: rows of the target; rows of the source, among which the last number counts those that nothing in the target
/// can give back.
[[nodiscard]] std::string compare_targets(PhysicalCrossPair const& pair, Range range);
[[nodiscard]] std::string compare_sources(PhysicalCrossPair const& pair, Range range);
/// The keys of rows of the target that do not agree, what the source says for them, and what they hold; at most `?` of them (the parameter
/// after those of the range).
[[nodiscard]] std::string find_differing(PhysicalCrossPair const& pair, Range range);
/// The keys of rows of the source that nothing in the target can give back, in the same way.
[[nodiscard]] std::string find_unhomed(PhysicalCrossPair const& pair, Range range);

/// A row of the source, in a statement over that table, whose value the target cannot give back.
[[nodiscard]] std::string unhomed(PhysicalCrossPair const& pair);
/// A row of the target, in a statement over that table, whose value the source cannot give back.
[[nodiscard]] std::string only_in_target(PhysicalCrossPair const& pair);

/// CREATE TRIGGER statements on one of the two tables. `label` differs among the pairs of a table; `legacy` is the row of evolver_legacy.
[[nodiscard]] std::vector<std::string> source_triggers(PhysicalCrossPair const& pair, std::string const& label,
                                                       std::int64_t legacy);
[[nodiscard]] std::vector<std::string> target_triggers(PhysicalCrossPair const& pair, std::string const& label);

}  // namespace evolver::sqlite
