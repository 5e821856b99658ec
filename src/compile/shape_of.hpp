#pragma once

// The shape of a table for a release, from the plan, the ledger's stages and the table as it is.

#include "compile/compiler.hpp"
#include "evolver/plan/shape.hpp"

namespace evolver {

/// `stages[i]` is that of migration i, for those that are expanded and not contracted. `physical` is none where the table is not there
/// (yet).
[[nodiscard]] Shape shape_of(Plan const& plan, Standing standing, std::vector<Stage> const& stages, Name const& table,
                             std::optional<Table> const& physical);

}  // namespace evolver
