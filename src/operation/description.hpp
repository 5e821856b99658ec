#pragma once

#include "evolver/operation/operation.hpp"

#include <string>

namespace evolver {

/// Everything that the operation says, as one canonical text: what the plan's digest is made of, so that an applied migration
/// which was edited is recognised. Its form is part of the ledger's format.
[[nodiscard]] std::string description(Operation const& operation);

}  // namespace evolver
