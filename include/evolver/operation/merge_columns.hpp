#pragma once

/// Makes one column of several: `first` and `last` become `name`.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// The old columns and the new one live side by side until contract, and every write of one side reaches the other.
///
/// Requires: as ChangeType, over all columns of `from`; `down` has an expression over `to` for each of them, in their order.
/// Ensures:  as ChangeType, but that the new column is nullable.
struct MergeColumns {
    Name table;
    std::vector<Name> from;
    Name to;
    Type type;
    Expression up;
    std::vector<Expression> down;
    Lock lock = Lock::within_budget;
};

[[nodiscard]] Effect effect_of(MergeColumns const& operation, Schema& schema);

}  // namespace evolver
