#pragma once

// Where the database stands, read from the ledger and the fleet.

#include "evolver/execute/status.hpp"
#include "execute/workplace.hpp"

namespace evolver {

[[nodiscard]] Status status_of(Workplace& workplace);

}  // namespace evolver
