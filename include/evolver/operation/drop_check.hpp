#pragma once

/// Removes a CHECK constraint.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// Old releases were built on rows that keep it, so it goes at contract, when none of them is left. Until then the engine holds the new
/// release to it, too.
///
/// Requires: the table has a check of that name; one without a name is named by its condition.
/// Ensures:  contract removes it. Rollback before contract changes nothing.
/// Cost:     no row is touched.
struct DropCheck {
    Name table;
    std::string name = {};
    /// Of a check that has no name.
    std::optional<Expression> condition = {};
};

[[nodiscard]] Effect effect_of(DropCheck const& operation, Schema& schema);

}  // namespace evolver
