#pragma once

/// Gives a column a default, or another one.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// The default belongs to the new release: its inserts through LiveTable have it from expand on, those of old releases never.
///
/// Requires: the column exists and is not generated.
/// Ensures:  contract makes it the table's own default. Rows that are there keep what they hold. Rollback before contract changes nothing.
/// Cost:     no row is touched.
struct SetDefault {
    Name table;
    Name column;
    Expression value;
};

[[nodiscard]] Effect effect_of(SetDefault const& operation, Schema& schema);

}  // namespace evolver
