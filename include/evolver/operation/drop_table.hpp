#pragma once

/// Removes a table that the new release no longer uses. Old programs keep it until contract.

#include "evolver/operation/effect.hpp"

namespace evolver {

/// Requires: the table exists, and no table of the new shape refers to it by a foreign key.
/// Ensures:  nothing changes before contract, which drops the table with its rows. Rollback before contract changes nothing.
struct DropTable {
    Name table;
    Lock lock =
        Lock::within_budget;  ///< SQLite frees the pages under one lock: 0.6 s per million rows with Debian's settings.
};

[[nodiscard]] Effect effect_of(DropTable const& operation, Schema& schema);

}  // namespace evolver
