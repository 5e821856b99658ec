#include "observe/words.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <limits>

namespace evolver {

std::string words_of(std::chrono::microseconds time) {
    auto const count = time.count();
    if (count < 1'000) return fmt::format("{} µs", count);
    if (count < 1'000'000) return fmt::format("{:.1f} ms", static_cast<double>(count) / 1e3);
    auto const seconds = count / 1'000'000;
    if (seconds < 60) return fmt::format("{:.1f} s", static_cast<double>(count) / 1e6);
    if (seconds < 3600) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
    if (seconds < 86400) return fmt::format("{} h {:02} min", seconds / 3600, seconds / 60 % 60);
    return fmt::format("{} d {:02} h", seconds / 86400, seconds / 3600 % 24);
}

std::string words_of(std::chrono::system_clock::time_point time) {
    return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string words_of(std::chrono::sys_seconds time) {
    using namespace std::chrono;
    // What is told by the clock's own unit, nanoseconds, ends in 2262.
    constexpr sys_seconds first{sys_days{1y / January / 1}};
    constexpr sys_seconds last{sys_days{10000y / January / 1} - 1s};
    return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC",
                       fmt::gmtime(static_cast<std::time_t>(std::clamp(time, first, last).time_since_epoch().count())));
}

std::string timestamp_of(std::chrono::system_clock::time_point time) {
    auto const whole = std::chrono::floor<std::chrono::milliseconds>(time);
    auto const part = whole.time_since_epoch().count() % 1000;
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(time)),
                       part < 0 ? part + 1000 : part);
}

std::string words_of_bytes(std::int64_t bytes) {
    if (bytes < 10'000) return fmt::format("{} bytes", bytes);
    if (bytes < 10'000'000) return fmt::format("{} kB", bytes / 1'000);
    if (bytes < 10'000'000'000) return fmt::format("{} MB", bytes / 1'000'000);
    return fmt::format("{} GB", bytes / 1'000'000'000);
}

std::int64_t whole_of(double number) noexcept {
    if (std::isnan(number)) return 0;
    // The nearest to it that a double holds is one too many.
    constexpr double beyond = 9223372036854775808.0;
    if (number >= beyond) return std::numeric_limits<std::int64_t>::max();
    if (number <= -beyond) return std::numeric_limits<std::int64_t>::min();
    return static_cast<std::int64_t>(number);
}

std::string counted(std::int64_t number, std::string_view singular, std::string_view plural) {
    auto digits = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3)
        digits.insert(static_cast<std::size_t>(at), ",");
    auto const many = plural.empty() ? std::string{singular} + "s" : std::string{plural};
    return digits + " " + (number == 1 ? std::string{singular} : many);
}

}  // namespace evolver
