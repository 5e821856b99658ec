#pragma once

// What of a MoveColumn can be said without the schema.

#include "evolver/operation/move_column.hpp"

namespace evolver {

/// Over the names that the operation uses; which side has many rows is left open. `absent` is what the old table holds where nothing is said.
[[nodiscard]] CrossPair cross_pair_of(MoveColumn const& operation, Expression absent);

/// What older releases read where the new one says nothing.
[[nodiscard]] inline Expression absent_of(MoveColumn const& operation) {
    return operation.absent ? *operation.absent : Expression{"NULL"};
}

}  // namespace evolver
