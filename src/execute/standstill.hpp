#pragma once

// A change of the shape that no statement of this plan's instances may overlap.

#include "execute/workplace.hpp"

#include <chrono>
#include <functional>

namespace evolver {

/// Runs `work` inside a write transaction that it commits, while no live instance is in the middle of a statement (where `standstill`
/// is true). Each attempt waits only shortly for either, so that nobody who waits for the other's lock waits long; attempts go on for
/// Workplace::wait(). Returns how long writers were kept out. Throws what `work` throws, after a rollback.
std::chrono::microseconds at_standstill(Workplace& workplace, bool standstill, std::function<void()> const& work);

}  // namespace evolver
