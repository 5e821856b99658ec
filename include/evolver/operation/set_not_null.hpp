#pragma once

/// Makes a column NOT NULL.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// From expand on, the new release cannot write NULL through LiveTable; old releases may until contract.
///
/// Requires: the column exists and is nullable. Rows that are NULL in it refuse expand() unless `clean` or `violators` says what becomes of
///           them. `clean` is over the columns of the row and does not give NULL.
/// Ensures:  until contract the new release reads `clean` where the column is NULL, and old releases read what they wrote. Contract cleans
///           what is NULL then, in short batches, keeps the old values in evolver_quarantine, and adds NOT NULL. Rollback before contract
///           changes nothing.
/// Cost:     contract reads the table under one lock (0.1 us per row on SQLite); above the budget it is refused unless
///           `.lock = Lock::in_window`.
struct SetNotNull {
    Name table;
    Name column;
    std::optional<Expression> clean = {};
    Violators violators = Violators::refuse;
    Lock lock = Lock::within_budget;
};

[[nodiscard]] Effect effect_of(SetNotNull const& operation, Schema& schema);

}  // namespace evolver
