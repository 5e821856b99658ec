#pragma once

/// Makes a view.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// Requires: no table and no view of that name; the query is one that the engine takes over the tables as they are after expand, so a column
///           that a backfill fills is NULL in it until that is done.
/// Ensures:  the view is there after expand. Rollback drops it.
struct CreateView {
    Name name;
    Expression query;
};

[[nodiscard]] Effect effect_of(CreateView const& operation, Schema& schema);

}  // namespace evolver
