#pragma once

// An operator's side of the protocol of leases: how a stage is moved on a server while instances use it.
//
// One transaction: the plan's row is locked, who is gone is taken out, and everybody else has to have acknowledged the last move. Then the work is
// done (a stage written, a column dropped), the epoch rises, and the floor with it where the old shape goes. So two neighbouring stages are in use
// at once, never three, and an instance that enrols sees either all of it or nothing.

#include "fleet/roster.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace evolver {

struct HandOver {
    std::string what;  ///< For the message of a refusal: "0002-size-bytes cannot become complete".
    /// The oldest release that can use the database afterwards: none below it may live. None: the floor stays.
    std::optional<std::int64_t> floor = {};
    /// Somebody has said by name that those may live on: they are not waited for either.
    bool older_may_live = false;
    /// In the transaction, once it is proven that nobody is behind. What it throws takes all of it back.
    std::function<void()> work = {};
};

/// Returns the new epoch. Throws Error with Retry::helps that names who has not acknowledged the last move; GateClosed, gate "instances", that names who
/// lives below the new floor.
std::uint64_t hand_over(Roster& roster, HandOver const& move);

}  // namespace evolver
