#include "evolver/plan/maintenance_window.hpp"

namespace evolver {

std::chrono::seconds left_of(MaintenanceWindow const& window, std::int64_t now) noexcept {
    constexpr std::chrono::seconds day = std::chrono::hours{24};
    std::chrono::seconds const time{now % day.count()};
    std::chrono::seconds const from = window.from;
    std::chrono::seconds const until = window.until;
    if (from <= until) return from <= time && time < until ? until - time : std::chrono::seconds{0};
    if (time >= from) return until + day - time;
    return time < until ? until - time : std::chrono::seconds{0};
}

}  // namespace evolver
