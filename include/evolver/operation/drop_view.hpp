#pragma once

/// Removes a view.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// Requires: the view exists.
/// Ensures:  contract drops it. Rollback before contract changes nothing.
struct DropView {
    Name name;
};

[[nodiscard]] Effect effect_of(DropView const& operation, Schema& schema);

}  // namespace evolver
