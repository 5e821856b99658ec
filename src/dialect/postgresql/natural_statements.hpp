#pragma once

// Which natural statements a schema of a PostgreSQL database has, and which of another one fail in it.
//
// The server itself says so: each is prepared and forgotten in a savepoint of the transaction that is open. To prepare takes the locks of a reader on the
// tables that are named, until the transaction ends.

#include "dialect/natural_statement.hpp"
#include "dialect/postgresql/connection.hpp"

#include <string>
#include <vector>

namespace evolver::postgresql {

/// Of every table and view of the schema, without evolver's own and without those that cannot be read as they are. `connection` is in a transaction.
/// Tables are named without their schema: the search_path says which are meant.
[[nodiscard]] std::vector<NaturalStatement> natural_statements(Connection const& connection, std::string const& schema);

/// Those of `statements` that the server does not take, or that leave out a column which is NOT NULL and has no default. Nothing is run. Not seen: rows
/// that a new constraint, trigger or type refuses.
[[nodiscard]] std::vector<BrokenStatement> broken(std::vector<NaturalStatement> const& statements,
                                                  Connection const& connection);

}  // namespace evolver::postgresql
