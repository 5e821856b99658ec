#pragma once

/// Adds a CHECK constraint.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// From expand on, what the new release writes through LiveTable is held to the condition; old releases may break it until contract.
///
/// Requires: the table exists, the name is new; the condition reads columns of the table only, and a row for which it is NULL keeps it, as
///           in SQL. Rows that break it refuse expand() unless `clean` or `violators` says what becomes of them.
/// Ensures:  until contract the new release reads the values of `clean` in rows that break it. Contract cleans those, in short batches,
///           keeps the old values in evolver_quarantine, and adds the constraint. Rollback before contract changes nothing.
/// Cost:     as SetNotNull.
struct AddCheck {
    Name table;
    Name name;
    Expression condition;
    std::vector<ColumnValue> clean = {};
    Violators violators = Violators::refuse;
    Lock lock = Lock::within_budget;
};

[[nodiscard]] Effect effect_of(AddCheck const& operation, Schema& schema);

}  // namespace evolver
