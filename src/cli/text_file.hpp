#pragma once

// Files that the tool reads and writes whole.

#include "cli/tool.hpp"

#include <string>
#include <string_view>

namespace evolver::cli {

/// Throws InputError that names the file and the option.
[[nodiscard]] std::string read_text(std::string const& path, std::string_view option);
/// "-" is the standard output. Throws InputError.
void write_text(std::string const& path, std::string_view text, Tool& tool);

}  // namespace evolver::cli
