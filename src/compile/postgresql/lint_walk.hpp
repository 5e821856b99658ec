#pragma once

// What the rules of lint look at on PostgreSQL, made by doing it, on a copy of the schema in a transaction that is rolled back: the plan is rehearsed on empty
// tables as expand() and contract() would run it, and its operations go one by one, each from expand to contract, through tables with some of the rows.

#include "compile/compiler.hpp"
#include "compile/lint/rules.hpp"
#include "dialect/postgresql/connection.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace evolver::postgresql {

/// The facts of a schema that need no plan. `connection` has to outlive them; it may be in a transaction.
[[nodiscard]] lint_rules::Live facts_of(Connection const& connection, std::string const& schema,
                                        std::chrono::milliseconds lock_timeout);

/// As lint_rules::cases_of(), in the transaction that the connection is in, which has to be rolled back. No question about live rows is asked. Throws EngineError
/// where a lock or the connection is to blame.
[[nodiscard]] std::vector<lint_rules::Case> cases_of(Plan const& plan, Standing standing, Connection const& connection,
                                                     std::string const& schema, lint_rules::Live const& live);

}  // namespace evolver::postgresql
