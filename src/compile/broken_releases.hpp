#pragma once

// The warning that a migration breaks older releases at expand: who warns, and who asks whether somebody has warned.

#include "dialect/natural_statement.hpp"

#include <string>
#include <vector>

namespace evolver {

/// "reading packages (no such column: size); inserting into …"
[[nodiscard]] std::string in_words(std::vector<BrokenStatement> const& statements);

/// At expand, the migration breaks these statements of older releases. There is one at least.
[[nodiscard]] std::string warning_of(std::vector<BrokenStatement> const& statements, std::string const& migration);

[[nodiscard]] bool tells_of_broken_releases(std::vector<std::string> const& warnings);

}  // namespace evolver
