#pragma once

// The name that somebody may have meant.

#include <span>
#include <string>
#include <string_view>

namespace evolver {

/// The one that differs from `wanted` in the fewest letters; empty where each differs in more than a third of them.
[[nodiscard]] std::string nearest(std::string_view wanted, std::span<std::string const> known);

/// `did you mean "size"?`; `there are: …` where none is near; empty where there are none.
[[nodiscard]] std::string did_you_mean(std::string_view wanted, std::span<std::string const> known);

}  // namespace evolver
