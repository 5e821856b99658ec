#pragma once

/// Removes a column that the new release no longer uses. Old programs keep it until contract.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// Requires: the column exists; it is no part of a key, a unique constraint, a check or a foreign key. A column that is NOT NULL
///           without a default needs `down`, because the new release inserts without it.
/// Ensures:  rows that the new release inserts through LiveTable get `down`, computed from the other columns, in the old column.
///           Contract removes the column and the indexes that mention it. Rollback before contract changes nothing.
struct DropColumn {
    Name table;
    Name column;
    std::optional<Expression> down = {};
    /// Beyond the budget SQLite's contract leaves a tombstone; `online` makes the table anew in batches, `in_window` rewrites it at once.
    Lock lock = Lock::within_budget;
};

[[nodiscard]] Effect effect_of(DropColumn const& operation, Schema& schema);

}  // namespace evolver
