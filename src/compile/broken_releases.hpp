#pragma once

// The warning that a migration breaks older releases at expand: who warns, and who asks whether somebody has warned.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace evolver {

inline constexpr std::string_view breaks_older_releases = "breaks older releases at expand";

[[nodiscard]] inline bool tells_of_broken_releases(std::vector<std::string> const& warnings) {
    return std::ranges::any_of(
        warnings, [](std::string const& warning) { return warning.find(breaks_older_releases) != std::string::npos; });
}

}  // namespace evolver
