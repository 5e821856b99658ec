#pragma once

// Times as people write them on a command line.

#include <chrono>
#include <string_view>

namespace evolver::cli {

/// "250ms", "30s", "10m", "24h", "7d"; a bare number is seconds. Throws UsageError that names `option`.
[[nodiscard]] std::chrono::milliseconds duration_of(std::string_view text, std::string_view option);

}  // namespace evolver::cli
