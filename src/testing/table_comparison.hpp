#pragma once

// A statement's tables, as its own release's schema has them and as another one does: what the engine's prepare does not mind, and the statement
// does.

#include "testing/verdict.hpp"

#include <optional>
#include <string>

namespace evolver::testing {

/// The first thing that is wrong with the tables that the statement uses: what it leaves out, replaces, may not write any more, reads too
/// early, or finds changed. None where nothing is.
[[nodiscard]] std::optional<Verdict> compare_tables(std::string const& sql, Home const& home, AtHome const& known,
                                                    Elsewhere const& elsewhere);

/// Whose rows it reads or writes.
[[nodiscard]] std::set<std::string> tables_of(sqlite::StatementLook const& look);

}  // namespace evolver::testing
