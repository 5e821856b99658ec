#pragma once

// A function by which an UPDATE tells of the first row that it could not fill, so that nobody has to look through the rows again:
//
//   evolver_unfilled(key)   notes the text `key`, if none is noted, and is NULL
//   evolver_unfilled()      what is noted, which is forgotten; NULL where nothing is

#include "dialect/sqlite/connection.hpp"

namespace evolver::sqlite {

/// Registers it on a connection that runs evolver's own statements. Throws EngineError.
void add_unfilled(Connection const& connection);

}  // namespace evolver::sqlite
