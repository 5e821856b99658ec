#pragma once

/// Takes a column's default away.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// An insert of the new release through LiveTable that leaves the column out gives NULL from expand on; inserts of old releases have the
/// old default until contract.
///
/// Requires: the column exists, has a default and is nullable: without one, an insert that leaves a NOT NULL column out would fail.
/// Ensures:  contract removes the default. Rollback before contract changes nothing.
/// Cost:     as SetDefault.
struct DropDefault {
    Name table;
    Name column;
};

[[nodiscard]] Effect effect_of(DropDefault const& operation, Schema& schema);

}  // namespace evolver
