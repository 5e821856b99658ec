#pragma once

#include "evolver/operation/change.hpp"

#include <string>

namespace evolver {

/// The table that a change is about; empty for those that name none.
[[nodiscard]] std::string table_of_change(Change const& change);

}  // namespace evolver
