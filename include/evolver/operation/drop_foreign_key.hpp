#pragma once

/// Removes a foreign key.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// Old releases were built on rows that have their parents, so it goes at contract, when none of them is left. Until then the engine holds
/// the new release to it, too.
///
/// Requires: the table has a foreign key of that name, or, where it has none, over exactly these columns.
/// Ensures:  contract removes it. Rollback before contract changes nothing.
/// Cost:     no row is touched.
struct DropForeignKey {
    Name table;
    std::string name = {};
    /// Of a foreign key that has no name.
    std::vector<Name> columns = {};
};

[[nodiscard]] Effect effect_of(DropForeignKey const& operation, Schema& schema);

}  // namespace evolver
