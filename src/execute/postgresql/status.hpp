#pragma once

// Where a PostgreSQL database stands.

#include "evolver/execute/status.hpp"
#include "execute/postgresql/site.hpp"

namespace evolver::postgresql {

[[nodiscard]] Status status_of(Site& site);

}  // namespace evolver::postgresql
