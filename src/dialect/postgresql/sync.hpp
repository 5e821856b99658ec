#pragma once

// The sync trigger of a table: it carries a write of one shape to the other, for programs that know one shape only.
//
// One BEFORE trigger per table for all open pairs, with one generated function. It changes NEW and writes nothing, so it fires nothing, and the
// row that the user's AFTER triggers and RETURNING see is whole.
//
// - Its name sorts behind any that people give: PostgreSQL fires BEFORE triggers by name, and a trigger of the application's that rewrites the row
//   has done so before. It has no list of columns, for the same reason: what such a trigger sets is in no list.
// - A change of the set of pairs is CREATE OR REPLACE FUNCTION, which takes no lock on the table.
//
// What a row goes through, over NEW as it is then. "Changed" is: another representation than OLD has; of an INSERT: not NULL.
//
//   catch up   something newer changed, and what lies between is not filled yet → it is filled from what is older; of a row that is not filled,
//              one of several new columns changed → the others are filled, or `down` would lose what only the old column has
//   dropped    of an INSERT: a NOT NULL column that the new release does not know is NULL → it gets its `down`
//   down       newest pair first: its new columns changed, and the two do not agree → old = down(new), which counts as changed for the next
//   up         oldest pair first: its old columns changed, its new ones did not, and the two do not agree → new = up(old), which counts as changed
//   key        the key changed: the row may have moved behind the backfill's checkpoint → what is empty is filled
//
// So if a statement changes both, the new shape wins; one that changes neither re-derives nothing. `up` may raise an error: then the statement goes
// through, the new columns are NULL, and the key goes into evolver_quarantine. `down` raises it for the program that writes the new shape.
//
// Legacy writes are counted by a sequence: a row that counts would be locked by each of them until its transaction ends.

#include "dialect/postgresql/in_sync.hpp"
#include "dialect/postgresql/key_range.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace evolver::postgresql {

struct SyncedPair {
    PhysicalPair pair;
    std::string migration;  ///< For the quarantine.
    std::string counter;    ///< The sequence of its legacy writes.
};

/// A column that the new release does not know, and that is NOT NULL until contract.
struct DroppedColumn {
    Name column;
    std::string down;  ///< Over the columns of the row.
};

struct SyncedTable {
    std::string schema = "public";
    Name table;
    RowKey key = {};
    std::string plan = {};
    std::vector<SyncedPair> pairs = {};  ///< In plan order.
    std::vector<DroppedColumn> dropped = {};
};

/// CREATE OR REPLACE FUNCTION, for the pairs that are open.
[[nodiscard]] std::string sync_function(SyncedTable const& table);
/// CREATE TRIGGER: SHARE ROW EXCLUSIVE on the table, once.
[[nodiscard]] std::string sync_trigger(SyncedTable const& table);
/// The trigger, then the function.
[[nodiscard]] std::vector<std::string> drop_sync(SyncedTable const& table);

/// The name of the sequence that counts under this number; see legacy_id().
[[nodiscard]] std::string counter_name(std::int64_t id);
/// Everybody may count: programs of the old release run as whoever they do.
[[nodiscard]] std::vector<std::string> make_counter(std::string const& schema, std::string const& counter);
[[nodiscard]] std::string drop_counter(std::string const& schema, std::string const& counter);
/// How many legacy writes there were, rolled back ones included.
[[nodiscard]] std::string read_counter(std::string const& schema, std::string const& counter);

/// The table of rows whose value could not be converted, and of old values whose loss was accepted, which it keeps; and the function that notes one with the rights of who made it.
[[nodiscard]] std::vector<std::string> make_quarantine(std::string const& schema);

/// 't' where the trigger is there and fires.
[[nodiscard]] std::string sync_is_on(std::string const& schema, Name const& table);
/// Another text once a trigger of the table $1 was made, dropped, or switched off or on.
[[nodiscard]] std::string version_of_triggers();

inline constexpr std::string_view sync_trigger_name = "~evolver_sync";
/// Said in a transaction of evolver's own, the trigger leaves its rows alone: SET LOCAL evolver.filling = 'on'.
inline constexpr std::string_view filling = "SET LOCAL evolver.filling = 'on'";
inline constexpr std::string_view no_longer_filling = "SET LOCAL evolver.filling = 'off'";

}  // namespace evolver::postgresql
