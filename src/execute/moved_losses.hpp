#pragma once

// What a fact that moves to another table would lose.

#include "compile/compiler.hpp"
#include "execute/workplace.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace evolver {

/// Keeps the values of the source that nothing in the target can give back in evolver_quarantine, inside the transaction that is open. Returns
/// how many.
std::int64_t quarantine_unhomed(Workplace& workplace, std::vector<OpenPhysicalCrossPair> const& crossings,
                                std::string const& migration);

}  // namespace evolver
