#pragma once

// Files that the tool reads and writes whole.

#include "cli/tool.hpp"

#include <string>
#include <string_view>

namespace evolver::cli {

/// Throws InputError that names the file and the option.
[[nodiscard]] std::string read_text(std::string const& path, std::string_view option);
/// "-" is the standard output. A new file is no more open than `model`, the file that it tells of; empty: as the umask says. Throws InputError.
void write_text(std::string const& path, std::string_view text, Tool& tool, std::string const& model = {});

}  // namespace evolver::cli
