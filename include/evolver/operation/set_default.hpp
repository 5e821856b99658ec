#pragma once

/// Gives a column a default, or another one.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// The default belongs to the new release: its inserts through LiveTable have it from expand on, those of old releases never.
///
/// Requires: the column exists and is not generated.
/// Ensures:  contract makes it the table's own default. Rows that are there keep what they hold. Rollback before contract changes nothing.
/// Cost:     contract goes through the table in short batches first, and writes the rows that hold the default of before, or NULL where there is
///           none: a row that is older than the column reads as its default, and would read as the new one. About 2 us for each such row on SQLite.
struct SetDefault {
    Name table;
    Name column;
    Expression value;
};

[[nodiscard]] Effect effect_of(SetDefault const& operation, Schema& schema);

}  // namespace evolver
