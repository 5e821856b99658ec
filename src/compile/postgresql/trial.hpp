#pragma once

// One phase of one migration, tried on a schema that is there for that, in the transaction that the connection is in. What the application's functions would do
// is left out.

#include "compile/postgresql/blueprint.hpp"

#include <cstddef>
#include <string>

namespace evolver::postgresql {

/// What a Blueprint of `schema` has compiled. Throws PlanError, EngineError, BeyondCopy.
void try_expand(Compiled const& compiled, Connection const& connection, std::string const& schema);
/// Converts the rows that are there. `blueprint`: that which has expanded `position`.
void try_fill(Blueprint const& blueprint, std::size_t position, Connection const& connection,
              std::string const& schema);
/// As try_expand(). What has to be unique, and is not yet, is made so.
void try_contract(Compiled const& compiled, Connection const& connection, std::string const& schema);
/// Indexes of an open migration, where they are not there yet; and what converts one shape to the other.
void complete_open(Blueprint const& blueprint, std::size_t position, Connection const& connection,
                   std::string const& schema);

}  // namespace evolver::postgresql
