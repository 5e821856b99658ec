#pragma once

/// Lets a column be NULL.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// Old releases were built on a column that is never NULL, so it becomes nullable only at contract, when none of them is left. Until then
/// the engine refuses a NULL of the new release's, too.
///
/// Requires: the column exists, is NOT NULL and no part of the primary key.
/// Ensures:  contract takes NOT NULL away. Rollback before contract changes nothing.
/// Cost:     no row is touched.
struct DropNotNull {
    Name table;
    Name column;
};

[[nodiscard]] Effect effect_of(DropNotNull const& operation, Schema& schema);

}  // namespace evolver
