#pragma once

/// Adds a column so that programs built before the change keep working.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// Old programs ignore the column; rows that they insert get the default, or NULL.
///
/// Requires: the table exists, the column does not; a column that is NOT NULL has a constant default, because old programs
///           insert without it; it is not a key column.
/// Ensures:  after expand the column is there with its default in every row. Contract has nothing to do. Rollback removes it, and
///           refuses while it holds values that the default does not explain, unless the loss is accepted.
/// Old programs that REPLACE whole rows reset the column to its default: an INSERT OR REPLACE deletes the row and makes a new one.
/// Cost:     no rewrite on SQLite (3 ms at any size).
struct AddColumn {
    Name table;
    Column column;
};

[[nodiscard]] Effect effect_of(AddColumn const& operation, Schema& schema);

}  // namespace evolver
