#pragma once

// What the rules look at on SQLite, made by doing it: the plan is rehearsed as expand() and contract() would run it, and its
// operations go one by one, each from expand to contract, through a small database with sample rows.

#include "compile/compiler.hpp"
#include "compile/lint/rules.hpp"
#include "dialect/sqlite/connection.hpp"

namespace evolver::lint_rules {

/// The facts of a database that need no plan. `connection` has to outlive them.
[[nodiscard]] Live facts_of(sqlite::Connection const& connection);

/// First the database as a whole, then each migration that is not contracted, followed by its operations. The cases
/// point into `plan` and `live`. Writes nothing. `live` is none without a database; then `standing` is that of an
/// empty one.
[[nodiscard]] std::vector<Case> cases_of(Plan const& plan, Standing standing, Live const* live);

/// Evolver::lint().
[[nodiscard]] std::vector<Finding> lint(Plan const& plan, Standing standing, Live const& live);

}  // namespace evolver::lint_rules
