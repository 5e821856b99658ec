#pragma once

/// Makes a column, or several together, unique.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// From expand on, the new release cannot write through LiveTable what another row holds; old releases may until contract.
///
/// Requires: the columns exist; no index of that name. Rows that share their values (NULL shares with nothing) refuse expand() unless
///           `clean` or `violators` says what becomes of all but the first by key.
/// Ensures:  at expand an index `name` that is not unique yet is made, so that a look-up per write is quick; contract makes it anew as a
///           unique one. An ON CONFLICT on these columns works from contract on. Rollback before contract drops the index.
/// Cost:     two locks of about 0.5 us per row on SQLite; above the budget it is refused unless `.lock = Lock::in_window`.
struct AddUnique {
    Name table;
    Name name;
    std::vector<Name> columns;
    std::vector<ColumnValue> clean = {};
    Violators violators = Violators::refuse;
    Lock lock = Lock::within_budget;
};

[[nodiscard]] Effect effect_of(AddUnique const& operation, Schema& schema);

}  // namespace evolver
