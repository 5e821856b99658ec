#pragma once

// What backfills are going to take, measured on samples.

#include "compile/compiler.hpp"
#include "evolver/plan/estimate.hpp"

#include <vector>

namespace evolver {

/// Of the migration that `compiler` has expanded last: its backfills, run on a copy of its clone with rows from `live`, whose schema has not
/// come so far yet. A table that cannot be tried there is left out. `correction`: see Estimate.
/// Cost: at most a thousand rows per table, read and filled in memory.
[[nodiscard]] std::vector<Estimate> estimates(sqlite::Connection const& live, Compiler const& compiler,
                                              Plan const& plan, double correction);

}  // namespace evolver
