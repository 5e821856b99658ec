#pragma once

#include <string>

namespace evolver {

/// The query of an invariant as it is run: in parentheses nothing but one query can stand, and none that writes.
[[nodiscard]] inline std::string invariant_sql(std::string const& query) { return "SELECT * FROM (" + query + "\n)"; }

}  // namespace evolver
