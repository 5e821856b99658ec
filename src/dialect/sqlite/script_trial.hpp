#pragma once

// A script, run statement by statement, and what each did to the tables that it wrote: found by looking, not by
// reading it.

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/stand_ins.hpp"
#include "dialect/tried_statement.hpp"

#include <string_view>
#include <vector>

namespace evolver::sqlite {

/// Runs `script` on `scratch`, which it changes, inside the transaction that is open.
[[nodiscard]] std::vector<TriedStatement> try_script(Connection const& scratch, std::string_view script,
                                                     StandIns& stand_ins);

}  // namespace evolver::sqlite
