#pragma once

/// A day as plans write it: "2027-01-31", in UTC.

#include <cstdint>
#include <optional>
#include <string_view>

namespace evolver {

/// The second since 1970 at which it begins; none where it is no day of the calendar.
[[nodiscard]] std::optional<std::int64_t> seconds_of_day(std::string_view day) noexcept;

}  // namespace evolver
