#pragma once

/// Splits a column into several: `maintainer` ("Name <address>") into `maintainer_name` and `maintainer_email`.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// One of the new columns, and how it is computed from the old one.
struct SplitPart {
    Name name;
    Type type;
    Expression up;
};

/// Requires: as ChangeType, for every part; `down` computes the old column from all new ones.
/// Ensures:  as ChangeType, but that the new columns are nullable. Writing one part through LiveTable reads the others by fallback, so that `down` always has all of
///           them; an insert names all parts or none.
struct SplitColumn {
    Name table;
    Name from;
    std::vector<SplitPart> into;
    Expression down;
    Lock lock = Lock::within_budget;
};

[[nodiscard]] Effect effect_of(SplitColumn const& operation, Schema& schema);

}  // namespace evolver
