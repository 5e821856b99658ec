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

/// The same of seconds since 1970 that somebody may have written: those beyond the years 1 to 9999 are told as the first or the last second of them.
[[nodiscard]] std::string words_of(std::chrono::sys_seconds time);

/// "2026-11-29T02:14:11.123Z"
[[nodiscard]] std::string timestamp_of(std::chrono::system_clock::time_point time);

/// "12 MB"
[[nodiscard]] std::string words_of_bytes(std::int64_t bytes);

/// Without its part behind the point. One that is no number is 0, and one that is too large the largest that there is.
[[nodiscard]] std::int64_t whole_of(double number) noexcept;

/// "1 row", "2,000 rows"
[[nodiscard]] std::string counted(std::int64_t number, std::string_view singular, std::string_view plural = {});

}  // namespace evolver
