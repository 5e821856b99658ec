#pragma once

// A file of statements, one after the other with semicolons between them, in any order.

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace evolver::testing {

/// The statements of a text.
[[nodiscard]] std::vector<std::string> statements_of(std::string_view text);
/// Throws Error where the file cannot be read.
[[nodiscard]] std::vector<std::string> read_statements(std::string const& path);
/// Sorted, each once. The file is complete or as it was. Throws Error where it cannot be written.
void write_statements(std::string const& path, std::set<std::string> const& statements);

/// One line, without a semicolon at its end, and with `?` where values stand in the text: what belongs into a file that is
/// kept. A statement that is not about rows has its values still.
[[nodiscard]] std::string recordable(std::string_view sql);

/// The whole file. Throws Error.
[[nodiscard]] std::string read_file(std::string const& path);
/// Complete, or as it was before. Throws Error.
void write_file(std::string const& path, std::string const& text);

}  // namespace evolver::testing
