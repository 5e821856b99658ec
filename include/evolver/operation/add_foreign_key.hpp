#pragma once

/// Adds a foreign key.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// From expand on, what the new release writes through LiveTable must have its parent; old releases may write orphans until contract.
///
/// Requires: both tables and all columns exist; the referenced columns are the primary key, or unique. Orphans refuse expand() unless
///           `clean` or `violators` says what becomes of them; `.clean = {{"album_id", "NULL"}}` is usual.
/// Ensures:  until contract the new release reads the values of `clean` in orphans. Contract cleans those, in short batches, keeps the old
///           values in evolver_quarantine, and adds the constraint with its actions. Rollback before contract changes nothing. SQLite
///           enforces foreign keys only on connections with `PRAGMA foreign_keys = ON`.
/// Cost:     contract looks up the parent of every row under one lock (0.5 us per row on SQLite); above the budget it is refused unless
///           `.lock = Lock::in_window`.
struct AddForeignKey {
    Name table;
    ForeignKey key;
    std::vector<ColumnValue> clean = {};
    Violators violators = Violators::refuse;
    Lock lock = Lock::within_budget;
};

[[nodiscard]] Effect effect_of(AddForeignKey const& operation, Schema& schema);

}  // namespace evolver
