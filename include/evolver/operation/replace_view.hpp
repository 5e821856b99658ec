#pragma once

/// Changes what a view shows.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// Both releases read the view by one name, so it changes at contract, when no old release is left. A new release that needs the new query
/// before uses a CreateView of another name.
///
/// Requires: the view exists.
/// Ensures:  contract replaces it. Rollback before contract changes nothing.
struct ReplaceView {
    Name name;
    Expression query;
};

[[nodiscard]] Effect effect_of(ReplaceView const& operation, Schema& schema);

}  // namespace evolver
