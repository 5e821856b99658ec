#pragma once

// Files that the tool reads and writes whole.

#include "cli/tool.hpp"

#include <string>
#include <string_view>

namespace evolver::cli {

/// Throws InputError that names the file and the option.
[[nodiscard]] std::string read_text(std::string const& path, std::string_view option);
/// A file that is to be written must not be the database, or one of those that SQLite and evolver keep beside it, by whatever name: its end
/// would be the end of the rows. Throws UsageError.
void refuse_database(std::string const& path, std::string_view option, Tool const& tool);

/// "-" is the standard output. A new file is no more open than `model`, the file that it tells of; empty: as the umask says. Throws InputError, and
/// UsageError where it is the database.
void write_text(std::string const& path, std::string_view text, Tool& tool, std::string const& model = {});

}  // namespace evolver::cli
