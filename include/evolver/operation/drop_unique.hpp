#pragma once

/// Lets rows share the values of columns that were unique.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// Old releases were built on unique values, so the index goes at contract, when none of them is left.
///
/// Requires: a unique index, or a UNIQUE constraint in the CREATE TABLE, over exactly these columns; no foreign key refers to them.
/// Ensures:  contract drops the index, or makes the table anew without the constraint: indexes, triggers, views, foreign keys and hidden rowids
///           stay. Rollback before contract changes nothing.
/// Cost:     dropping an index is short. A constraint in the table's text takes a rebuild: about 2 us per row on SQLite, and 0.6 us per index;
///           above the budget that is refused, unless `.lock` is Lock::online (in batches of a few milliseconds, beside everybody) or
///           Lock::in_window (at once).
struct DropUnique {
    Name table;
    std::vector<Name> columns;
    Lock lock = Lock::within_budget;
};

[[nodiscard]] Effect effect_of(DropUnique const& operation, Schema& schema);

}  // namespace evolver
