#pragma once

// The C++ functions of a plan, as functions of a connection.
//
// Only of one that runs evolver's own statements. They are DIRECTONLY: neither a trigger nor a view calls them, as programs without evolver
// could not.

#include "dialect/sqlite/connection.hpp"
#include "evolver/plan/plan.hpp"

namespace evolver::sqlite {

/// Throws PlanError for a name that SQLite has a function of its own for, or that stands for two functions in the plan.
void add_functions(Connection const& connection, Plan const& plan);

}  // namespace evolver::sqlite
