#pragma once

/// Gives a column a new name: both names reach the same value until contract.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// On SQLite the new name is a virtual generated column: nothing is copied and nothing is backfilled. It can be read by any
/// statement; it is written through LiveTable, which writes the old name until contract has made the new one physical.
///
/// Requires: `from` exists, `to` does not.
/// Ensures:  contract renames the column in place; keys, constraints, indexes, views and triggers follow.
struct RenameColumn {
    Name table;
    Name from;
    Name to;
};

[[nodiscard]] Effect effect_of(RenameColumn const& operation, Schema& schema);

}  // namespace evolver
