#pragma once

/// Lint: the hazards of a plan, before anybody meets them.
///
/// A rule does not look for words. The plan is taken through a small database of its own, operation by operation,
/// from expand to contract, and what that did is judged: SQL in the application's own words by what it does to sample
/// rows, as the engine tells it, and by the difference of the schemas. With a database (Evolver::lint) the
/// samples are its rows, and live facts count: rows, NULLs, duplicates, dependents, the engine and its settings.
/// On PostgreSQL the small database is a copied schema in a transaction that is rolled back; there, SQL that reaches other schemas
/// is not run, and the finding says so. A rule that is about one engine is silent on others.
/// Without a database, a few rows are made up, on SQLite.
///
/// A finding refuses nothing: what cannot be done is refused by expand() itself. One that is taken as it is is
/// accepted in the migration, with a reason; see plan/acceptance.hpp.

#include "evolver/plan/finding.hpp"
#include "evolver/plan/plan.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace evolver {

/// The findings of all migrations, as a database that the plan makes from nothing would have them: errors first, then
/// in plan order. Writes nothing. Cost: the plan's migrations on an empty database in memory.
/// Where the plan builds on tables that others made, `refused-by-expand` says so, and the rest is judged by its words
/// only.
[[nodiscard]] std::vector<Finding> lint(Plan const& plan);

/// The names of all rules, sorted.
[[nodiscard]] std::vector<std::string> rules_of_lint();

/// A page on the rule: what it catches, why it matters, what to do instead, an example. Throws Error for a name that
/// is none.
[[nodiscard]] std::string explain(std::string_view rule);

}  // namespace evolver
