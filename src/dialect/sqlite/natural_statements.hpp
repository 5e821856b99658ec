#pragma once

// Which natural statements an SQLite database has, and which of another schema fail on it.

#include "dialect/natural_statement.hpp"
#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/stand_ins.hpp"

#include <string>
#include <vector>

namespace evolver::sqlite {

/// Those that the schema of `connection` understands itself, without evolver's and SQLite's own tables. Text in double
/// quotes that names no column is an error to them. Without stand-ins, those that need a function of the application's
/// are left out.
[[nodiscard]] std::vector<NaturalStatement> natural_statements(Connection const& connection,
                                                               StandIns* stand_ins = nullptr);

/// Those of `statements` that fail on `connection`. Nothing is run. Not seen: rows that a new CHECK, UNIQUE or type
/// refuses.
[[nodiscard]] std::vector<BrokenStatement> broken(std::vector<NaturalStatement> const& statements,
                                                  Connection const& connection, StandIns* stand_ins = nullptr);

}  // namespace evolver::sqlite
