#include "cli/narrator.hpp"

#include "observe/event_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace evolver::cli {

namespace {

using namespace std::chrono_literals;

/// A terminal is looked at; a log is read afterwards.
constexpr auto on_terminal = 100ms;
constexpr auto in_log = 10s;

bool is_progress(EventKind kind) { return kind == EventKind::batch || kind == EventKind::scanned; }

}  // namespace

std::string bar(std::int64_t done, std::int64_t total) {
    constexpr std::int64_t width = 20;
    if (total <= 0) return {};
    auto const share = std::clamp<std::int64_t>(done, 0, total);
    auto const cells = static_cast<std::size_t>(share * width / total);
    return "[" + std::string(cells, '#') + std::string(static_cast<std::size_t>(width) - cells, '-') +
           fmt::format("] {:3} %", share * 100 / total);
}

void Narrator::on(Event const& event) {
    if (is_progress(event.kind)) {
        show_progress(event);
    } else if (event.kind == EventKind::waiting) {
        // Said once for each reason: it is told again at every look.
        if (event.message != waited_for_) output_.hint("waiting: " + event.message);
        waited_for_ = event.message;
    } else if (words_) {
        tell(event);
    }
    if (event.kind != EventKind::waiting) waited_for_.clear();
    output_.record("event", json_of(event));
    for (auto* other : others_) other->on(event);
}

void Narrator::tell(Event const& event) {
    if (event.kind == EventKind::warning) {
        output_.warning(event.message);
    } else {
        output_.unit((event.kind == EventKind::step ? "  " : "") + text_of(event));
    }
}

void Narrator::show_progress(Event const& event) {
    auto const now = std::chrono::steady_clock::now();
    bool const terminal = output_.style().terminal;
    if (last_.time_since_epoch().count() != 0 &&
        now - last_ < (terminal ? std::chrono::milliseconds{on_terminal} : std::chrono::milliseconds{in_log}))
        return;
    last_ = now;
    output_.progress(terminal ? bar(event.done, event.total) + " " + text_of(event) : text_of(event));
}

}  // namespace evolver::cli
