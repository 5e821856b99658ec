#pragma once

/// The first observer: one line on a terminal that is rewritten as the work goes on, and plain lines in a log.

#include "evolver/observe/observer.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace evolver {

enum class ProgressStyle {
    rewritten,  ///< For a terminal: each line begins with a carriage return and ends the one before.
    lines,      ///< For a log: whole lines, at most one per second for the same work.
};

/// The library never prints: `write` gets the text and puts it where the application wants it.
///
///     evolver::ProgressLine progress{[](std::string_view text) { std::cerr << text << std::flush; }, evolver::ProgressStyle::rewritten};
///     evolver::Evolver evolver{db, plan(), {.observer = &progress}};
class ProgressLine : public Observer {
public:
    ProgressLine(std::function<void(std::string_view)> write, ProgressStyle style);
    void on(Event const& event) override;

private:
    void show(std::string const& text, bool final);

    std::function<void(std::string_view)> write_;
    ProgressStyle style_;
    std::size_t width_ = 0;
    std::chrono::steady_clock::time_point last_{};
};

}  // namespace evolver
