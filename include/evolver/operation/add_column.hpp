#pragma once

/// Adds a column so that programs built before the change keep working.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// What becomes of a column that an old program does not know when that program replaces the whole row.
enum class Replaced {
    reset,  ///< It has its default, as SQLite makes it.
    kept,   ///< Triggers put its value into the new row.
};

/// Old programs ignore the column; rows that they insert get the default, or NULL.
///
/// Requires: the table exists, the column does not; a column that is NOT NULL has a constant default, because old programs
///           insert without it; it is not a key column. A computed column (Column::generated) is VIRTUAL, nullable, and its expression is as
///           for ChangeType::up: older releases' SELECT * computes it, too.
/// Ensures:  after expand the column is there with its default in every row. Contract has nothing to do. Rollback removes it, and
///           refuses while it holds values that the default does not explain, unless the loss is accepted.
/// Old programs that REPLACE whole rows: an INSERT OR REPLACE deletes the row and makes a new one, which has the default; with
///           Replaced::kept the value is carried over until contract.
/// Cost:     no rewrite on SQLite (3 ms at any size).
struct AddColumn {
    Name table;
    Column column;
    /// Say `kept` where older releases use REPLACE (or INSERT OR REPLACE) on this table. It costs every insert two look-ups, and a
    /// value that the new release itself REPLACEs by the default is carried over, too.
    Replaced when_replaced = Replaced::reset;
};

[[nodiscard]] Effect effect_of(AddColumn const& operation, Schema& schema);

}  // namespace evolver
