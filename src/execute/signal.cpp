#include "evolver/execute/signal.hpp"

#include <fmt/format.h>

#include <utility>

namespace evolver {

namespace {

std::string of_day(std::chrono::minutes time) {
    return fmt::format("{:02}:{:02}", time.count() / 60, time.count() % 60);
}

}  // namespace

Signal between(DailyWindow window, std::function<std::chrono::system_clock::time_point()> clock) {
    if (!clock) clock = std::chrono::system_clock::now;
    return [window, clock = std::move(clock)]() -> std::string {
        auto const now = clock();
        auto const time = std::chrono::floor<std::chrono::minutes>(now - std::chrono::floor<std::chrono::days>(now));
        bool const inside = window.from <= window.until ? window.from <= time && time < window.until
                                                        : window.from <= time || time < window.until;
        if (inside) return {};
        return fmt::format("outside the window from {} to {} UTC", of_day(window.from), of_day(window.until));
    };
}

LockWaits::LockWaits(LockWaitLimits limits)
    : limits_{limits},
      rest_until_{std::make_shared<std::atomic<Clock::rep>>(Clock::time_point::min().time_since_epoch().count())} {}

void LockWaits::saw(std::chrono::microseconds waited) noexcept {
    if (waited <= limits_.limit) return;
    rest_until_->store((Clock::now() + limits_.calm).time_since_epoch().count(), std::memory_order_relaxed);
}

Signal LockWaits::signal() const {
    return [until = rest_until_, limit = limits_.limit]() -> std::string {
        if (Clock::now().time_since_epoch().count() >= until->load(std::memory_order_relaxed)) return {};
        return fmt::format("the application has waited for a lock for longer than {} ms",
                           std::chrono::duration_cast<std::chrono::milliseconds>(limit).count());
    };
}

}  // namespace evolver
