#pragma once

// A script as SQLite would take it apart, and what of it can run inside a transaction of evolver's.

#include "dialect/script.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace evolver::sqlite {

/// By the rules of the engine's own shell: a semicolon inside a string, a comment or the body of a trigger ends
/// nothing. The last statement needs none. Cost: linear in the script, apart from triggers, which are read once per
/// statement in them.
[[nodiscard]] std::vector<ScriptStatement> split(std::string_view script);

/// Takes out BEGIN, COMMIT, and PRAGMA foreign_keys, which is off already. Throws PlanError, beginning with
/// `file:line`, for what cannot run inside a transaction or would outlive it, and for statements that do not end.
/// `first_line` is the number of the script's first line.
[[nodiscard]] TransactionScript for_transaction(std::string_view script, std::string const& file,
                                                std::size_t first_line = 1);

}  // namespace evolver::sqlite
