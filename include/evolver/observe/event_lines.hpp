#pragma once

/// Events as lines: one JSON object each for programs, or one line of words each for people. A line per event, with its time; nothing is left out.

#include "evolver/observe/observer.hpp"

#include <chrono>
#include <functional>
#include <string_view>

namespace evolver {

/// None: the system's clock.
using EventClock = std::function<std::chrono::system_clock::time_point()>;

/// `{"at":"2026-11-29T02:14:11.123Z","event":"batch","migration":"0002-size-bytes","object":"packages","done":2000, …}`, with a line end.
/// Fields that say nothing are left out. Keys are stable within a minor version; new ones may come.
class JsonLines : public Observer {
public:
    explicit JsonLines(std::function<void(std::string_view)> write, EventClock clock = {});
    void on(Event const& event) override;

private:
    std::function<void(std::string_view)> write_;
    EventClock clock_;
};

/// `2026-11-29T02:14:11.123Z info 0002-size-bytes: expanded`, with a line end. `warn` for warnings and for waiting, `debug` for batches and chunks.
class LogLines : public Observer {
public:
    explicit LogLines(std::function<void(std::string_view)> write, EventClock clock = {});
    void on(Event const& event) override;

private:
    std::function<void(std::string_view)> write_;
    EventClock clock_;
};

}  // namespace evolver
