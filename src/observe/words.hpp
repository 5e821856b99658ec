#pragma once

// Figures as people read them.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace evolver {

/// "7.2 ms", "3.1 s", "4 min 10 s", "2 h 05 min"
[[nodiscard]] std::string words_of(std::chrono::microseconds time);

/// "2026-11-29 02:14:11 UTC"
[[nodiscard]] std::string words_of(std::chrono::system_clock::time_point time);

/// "2026-11-29T02:14:11.123Z"
[[nodiscard]] std::string timestamp_of(std::chrono::system_clock::time_point time);

/// "12 MB"
[[nodiscard]] std::string words_of_bytes(std::int64_t bytes);

/// "1 row", "2,000 rows"
[[nodiscard]] std::string counted(std::int64_t number, std::string_view singular, std::string_view plural = {});

}  // namespace evolver
