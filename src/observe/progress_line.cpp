#include "evolver/observe/progress_line.hpp"

#include "observe/event_text.hpp"

#include <utility>

namespace evolver {

namespace {

/// Whether nothing more is said of the same work.
bool is_final(EventKind kind) {
    return kind != EventKind::batch && kind != EventKind::scanned && kind != EventKind::waiting;
}

}  // namespace

ProgressLine::ProgressLine(std::function<void(std::string_view)> write, ProgressStyle style)
    : write_{std::move(write)}, style_{style} {}

void ProgressLine::on(Event const& event) { show(text_of(event), is_final(event.kind)); }

void ProgressLine::show(std::string const& text, bool final) {
    auto const now = std::chrono::steady_clock::now();
    auto const pause =
        style_ == ProgressStyle::rewritten ? std::chrono::milliseconds{100} : std::chrono::milliseconds{1000};
    if (!final && now - last_ < pause) return;
    if (!final) last_ = now;
    if (style_ == ProgressStyle::lines) return write_(text + "\n");
    std::string const rest(width_ > text.size() ? width_ - text.size() : 0, ' ');
    write_("\r" + text + rest + (final ? "\n" : ""));
    width_ = final ? 0 : text.size();
}

}  // namespace evolver
