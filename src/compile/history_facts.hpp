#pragma once

// What a history must have left behind, told from the operations alone.
//
// Where the plan itself made every table, expected_schema() says more. This serves plans that build on tables of others: which columns,
// tables and indexes must be there, and which must be gone, after the migrations that the ledger says are expanded or contracted.

#include "compile/compiler.hpp"

#include <functional>
#include <string>
#include <vector>

namespace evolver {

/// Is the type of a column that is there, `live`, the one that the plan calls so? An engine has words of its own for most.
using IsOfType = std::function<bool(Type const& planned, Type const& live)>;

/// One line per fact that `live` contradicts: `column Track.Seconds is missing`. `filled`: by position, the migrations whose backfill is complete, so
/// that the indexes that waited for it are there; of none known, those that are contracted. Without `is_of_type`, types are not looked at.
[[nodiscard]] std::vector<std::string> contradictions(Plan const& plan, Standing standing, Schema const& live,
                                                      std::vector<bool> const& filled = {},
                                                      IsOfType const& is_of_type = {});

}  // namespace evolver
