#pragma once

// A script, run statement by statement on a copied schema, and what each did: found in what the server says of tables before and after it, not by reading
// it.

#include "dialect/postgresql/connection.hpp"
#include "dialect/tried_statement.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace evolver::postgresql {

/// Runs `script` in the transaction that is open, on the tables of `copy`, which is the first schema of the search_path; see schema_copy.hpp. Up to the first
/// statement that fails. Throws Error where it cannot be tried like that: it takes too long, or it reaches what is no copy. Then, or where a statement
/// has failed, the transaction has to be rolled back to where it was.
[[nodiscard]] std::vector<TriedStatement> try_script(Connection const& connection, std::string const& copy,
                                                     std::string_view script);

}  // namespace evolver::postgresql
