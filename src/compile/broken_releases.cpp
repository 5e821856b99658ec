#include "compile/broken_releases.hpp"

#include <algorithm>
#include <string_view>

namespace evolver {

namespace {

constexpr std::string_view breaks_older_releases = "breaks older releases at expand";

}  // namespace

std::string in_words(std::vector<BrokenStatement> const& statements) {
    std::string text;
    for (auto const& statement : statements) {
        text += (text.empty() ? "" : "; ") + std::string{statement.reads ? "reading " : "inserting into "} +
                statement.object.substr(statement.object.find(' ') + 1) + " (" + statement.why + ")";
    }
    return text;
}

std::string warning_of(std::vector<BrokenStatement> const& statements, std::string const& migration) {
    return "migration \"" + migration + "\" " + std::string{breaks_older_releases} + ": " + in_words(statements) +
           "; stop them first, or let both live: an operation, or SQL in phases";
}

bool tells_of_broken_releases(std::vector<std::string> const& warnings) {
    return std::ranges::any_of(
        warnings, [](std::string const& warning) { return warning.find(breaks_older_releases) != std::string::npos; });
}

}  // namespace evolver
