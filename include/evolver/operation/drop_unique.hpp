#pragma once

/// Lets rows share the values of columns that were unique.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// Old releases were built on unique values, so the index goes at contract, when none of them is left.
///
/// Requires: a unique index over exactly these columns. A UNIQUE constraint that stands in the CREATE TABLE of a SQLite table cannot go
///           without a rebuild of the table, and is refused.
/// Ensures:  contract drops the index. Rollback before contract changes nothing.
struct DropUnique {
    Name table;
    std::vector<Name> columns;
};

[[nodiscard]] Effect effect_of(DropUnique const& operation, Schema& schema);

}  // namespace evolver
