#pragma once

// What expand() and contract() say of rows that break a rule, on any engine.

#include "evolver/execute/violation_error.hpp"
#include "evolver/fleet/gate.hpp"
#include "evolver/operation/rule.hpp"

namespace evolver {

/// Does contract mend the rows that break the rule, or move them out of the way?
[[nodiscard]] bool mends(Rule const& rule);

/// Rows were found: throws ViolationError, or says what contract will do.
[[nodiscard]] std::string warning_of(std::string const& migration, Rule const& rule, Violations const& found);

/// Closes the gate where rows were found.
void judge(Gate& gate, Rule const& rule, Violations const& found);

}  // namespace evolver
