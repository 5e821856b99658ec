#pragma once

// The end of older releases' writes, where no trigger carries them to the new shape (Sync::application).
//
// An older release writes the old shape only, for as long as it lives, and one that starts later does, too. So before the first row is filled,
// nobody of them may live, and from the same transaction on none is let in: the floor rises when the backfill begins, not at contract. It happens
// at a standstill, so that no statement of this release is left that was written before expand, for the old shape alone.

#include "evolver/fleet/gate.hpp"
#include "execute/workplace.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace evolver {

struct Sealing {
    std::vector<Gate> closed =
        {};  ///< What keeps the migration from being filled; none where it is sealed by now, or has triggers.
    std::string busy = {};  ///< Somebody is in the middle of a statement, or holds the lock: try again.
};

/// Throws PlanError for an override of another gate than `instances` and `processes`, or without a reason.
void refuse_unknown_overrides(std::vector<Override> const& overridden);

/// Waits for nobody for longer than one attempt. Cost: where it is sealed, one look at the ledger.
[[nodiscard]] Sealing seal(Workplace& workplace, std::size_t position, std::vector<Override> const& overridden);

}  // namespace evolver
