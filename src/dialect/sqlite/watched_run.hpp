#pragma once

// Runs a statement and says what it was about to touch, in the words of SQLite's authorizer: through views, triggers
// and sub-queries too.

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/stand_ins.hpp"
#include "dialect/tried_statement.hpp"

#include <string_view>

namespace evolver::sqlite {

/// Runs one statement to its end. Rows that DDL moves by itself do not count as written. Throws EngineError.
Touched watched_run(Connection const& connection, std::string_view statement, StandIns& stand_ins);

/// What it would touch; it is not run. Throws EngineError where the engine does not understand it.
Touched watched_look(Connection const& connection, std::string_view statement, StandIns& stand_ins);

}  // namespace evolver::sqlite
