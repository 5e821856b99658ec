#pragma once

/// The hours in which something may be unavailable.

#include <chrono>
#include <cstdint>
#include <string>

namespace evolver {

/// A part of every day, by midnight UTC. It goes over midnight where `until` is before `from`.
///
///     {.unavailable = "writes of packages", .from = std::chrono::hours{2}, .until = std::chrono::hours{4}}
struct MaintenanceWindow {
    /// What is unavailable meanwhile, and to whom, for those who are told.
    std::string unavailable;
    std::chrono::minutes from;   ///< When the work may begin.
    std::chrono::minutes until;  ///< When it has to have ended: work that has not is taken back.
    /// After which time it is taken back, whatever the hour. 0: at `until`.
    std::chrono::seconds longest{0};
};

/// How long the window is open still, at this second since 1970; 0 where it is closed.
[[nodiscard]] std::chrono::seconds left_of(MaintenanceWindow const& window, std::int64_t now) noexcept;

}  // namespace evolver
