#include "evolver/plan/day.hpp"

#include <charconv>
#include <chrono>

namespace evolver {

namespace {

std::optional<int> number(std::string_view text) noexcept {
    int value = 0;
    auto const end = text.data() + text.size();
    auto const [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || rest != end || value < 0) return std::nullopt;
    return value;
}

}  // namespace

std::optional<std::int64_t> seconds_of_day(std::string_view day) noexcept {
    if (day.size() != 10 || day[4] != '-' || day[7] != '-') return std::nullopt;
    auto const year = number(day.substr(0, 4));
    auto const month = number(day.substr(5, 2));
    auto const of_month = number(day.substr(8, 2));
    if (!year || !month || !of_month) return std::nullopt;
    std::chrono::year_month_day const date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*of_month)}};
    if (!date.ok()) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::sys_days{date}.time_since_epoch()).count();
}

}  // namespace evolver
