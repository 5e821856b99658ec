#pragma once

/// Makes an index.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// Requires: the table and the columns exist; no index of that name.
/// Ensures:  an index over columns that existed before is built at expand; one that mentions a column which this or an open migration
///           fills is built after the backfill (built before, it makes the backfill 15 times slower), and if it is unique, at
///           contract, because until then old programs may write values that are the same in the new shape. Rollback drops it.
/// Cost:     one lock of about 0.5 us per row on SQLite; above the budget it is refused unless `.lock = Lock::in_window`.
struct CreateIndex {
    Name name;
    Name table;
    std::vector<IndexPart> columns;
    bool unique = false;
    std::optional<Expression> where = {};
    Lock lock = Lock::within_budget;
};

[[nodiscard]] Effect effect_of(CreateIndex const& operation, Schema& schema);

}  // namespace evolver
