#pragma once

// evolver_digest(values ...): an aggregate that tells two sets of rows apart, in whatever order they come.
//
// The sum, modulo 2^64, of a hash of each row. Values are taken by their representation, but that 2.0 is 2: an index keeps it so.

#include "dialect/sqlite/connection.hpp"

namespace evolver::sqlite {

/// Registers the function on a connection.
void add_row_digest(Connection const& connection);

}  // namespace evolver::sqlite
