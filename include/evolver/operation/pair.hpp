#pragma once

/// A pair: the old and the new shape of the same facts, side by side in one row while a migration is open.
///
/// Everything that keeps two shapes in step is derived from the pair: the sync triggers, the backfill, the dual write, the
/// fallback read, the reconciliation. In sync means: every new column is `up` of the old ones, or every old column is `down` of
/// the new ones, compared by representation (the value as it would be stored), never by collation.

#include "evolver/schema/column.hpp"
#include "evolver/schema/expression.hpp"
#include "evolver/schema/name.hpp"

#include <vector>

namespace evolver {

enum class PairKind {
    computed,  ///< Both sides are columns of their own; `up` and `down` compute one from the other.
    alias,     ///< The new column is a second name of the old one: nothing to fill, nothing to compare.
    dropped,  ///< There is no new side; `down`, where given, fills the old column of a row that the new release inserts.
};

struct Pair {
    PairKind kind;
    Name table;
    std::vector<Name> from;             ///< The old columns.
    std::vector<Column> to = {};        ///< The new columns, as they are once the old ones are gone.
    std::vector<Expression> up = {};    ///< One per new column, over the old ones; empty for an alias.
    std::vector<Expression> down = {};  ///< One per old column, over the new ones; empty for an alias.
};

}  // namespace evolver
