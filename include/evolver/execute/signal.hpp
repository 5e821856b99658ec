#pragma once

/// Signals that now is not the time: what an application or an operator knows, and a backfill does not.
///
///     evolver::LockWaits waits{{.limit = std::chrono::milliseconds{20}}};
///     evolver::Evolver evolver{db, plan(), {.signals = {evolver::between({.from = 1h, .until = 5h}), waits.signal(),
///                                                       [&] { return on_battery() ? "on battery" : ""; }}}};

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace evolver {

/// Asked before each batch, on the thread that does the work; has to be quick. Returns why work is to wait, in words that an operator reads
/// in status(); empty: go on. What it throws ends the call that did the work.
using Signal = std::function<std::string()>;

/// A part of the day, from midnight UTC; the library does not know where its users live. Over midnight where `until` is before `from`.
struct DailyWindow {
    std::chrono::minutes from;
    std::chrono::minutes until;
};

/// Work only within the window. `clock` is for tests; none: the system's.
[[nodiscard]] Signal between(DailyWindow window, std::function<std::chrono::system_clock::time_point()> clock = {});

struct LockWaitLimits {
    std::chrono::microseconds limit = std::chrono::milliseconds{50};  ///< A wait of the application's that is too long.
    std::chrono::milliseconds calm = std::chrono::seconds{5};         ///< How long work rests after one.
};

/// Work rests after the application has waited for a lock for too long. Any thread may call saw().
class LockWaits {
public:
    explicit LockWaits(LockWaitLimits limits = {});

    /// The application has waited for so long, with its own clock: in a busy handler, or around a statement.
    void saw(std::chrono::microseconds waited) noexcept;

    /// Lives on after this object.
    [[nodiscard]] Signal signal() const;

private:
    using Clock = std::chrono::steady_clock;
    LockWaitLimits limits_;
    std::shared_ptr<std::atomic<Clock::rep>> rest_until_;
};

}  // namespace evolver
