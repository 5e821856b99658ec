#pragma once

/// Removes an index.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// Old releases' queries may live by it, so it goes at contract.
///
/// Requires: the index exists.
/// Ensures:  contract drops it. Rollback before contract changes nothing.
struct DropIndex {
    Name name;
};

[[nodiscard]] Effect effect_of(DropIndex const& operation, Schema& schema);

}  // namespace evolver
