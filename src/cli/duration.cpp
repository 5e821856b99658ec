#include "cli/duration.hpp"

#include "cli/usage_error.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace evolver::cli {

std::chrono::milliseconds duration_of(std::string_view text, std::string_view option) {
    constexpr std::array<std::pair<std::string_view, double>, 7> units{
        {{"", 1e3}, {"ms", 1.0}, {"s", 1e3}, {"m", 60e3}, {"min", 60e3}, {"h", 3600e3}, {"d", 86400e3}}};
    double number = 0;
    auto const* const end = text.data() + text.size();
    auto const [rest, error] = std::from_chars(text.data(), end, number);
    std::string_view const unit{rest, static_cast<std::size_t>(end - rest)};
    constexpr double longest = 1e15;
    if (error == std::errc{} && number >= 0 && number < longest / 86400e3) {
        for (auto const& [name, factor] : units) {
            if (unit == name) return std::chrono::milliseconds{static_cast<std::int64_t>(number * factor)};
        }
    }
    throw UsageError{Failure{.what = fmt::format("{} is no time: \"{}\".", option, text),
                             .object = std::string{option},
                             .instead = fmt::format("a number with ms, s, m, h or d: {} 30s", option)}};
}

}  // namespace evolver::cli
