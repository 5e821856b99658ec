#include "evolver/observe/progress_line.hpp"

#include <algorithm>
#include <utility>

namespace evolver {

namespace {

std::string percent(std::int64_t done, std::int64_t total) {
    if (total <= 0) return std::to_string(done) + " rows";
    auto const share = std::min<std::int64_t>(100, done * 100 / total);
    return std::to_string(share) + " %, " + std::to_string(done) + " rows";
}

/// The words for an event, and whether more of the same will follow.
std::pair<std::string, bool> words(Event const& event) {
    switch (event.kind) {
        case EventKind::step: return {event.migration + ": " + event.object, true};
        case EventKind::expanded: return {event.migration + ": expanded", true};
        case EventKind::batch:
            return {event.migration + ": filling " + event.object + ", " + percent(event.done, event.total), false};
        case EventKind::filled: return {event.migration + ": filled, " + std::to_string(event.done) + " rows", true};
        case EventKind::scanned:
            return {event.migration + ": comparing " + event.object + ", " + percent(event.done, event.total), false};
        case EventKind::reconciled:
            return {event.migration + ": reconciled, " + std::to_string(event.done) + " rows", true};
        case EventKind::switched: return {event.migration + ": reads use the new shape", true};
        case EventKind::completed: return {event.migration + ": writes use the new shape only", true};
        case EventKind::stepped_back: return {event.migration + ": back by one stage: " + event.message, true};
        case EventKind::contracted: return {event.migration + ": contracted", true};
        case EventKind::rolled_back: return {event.migration + ": rolled back", true};
        case EventKind::waiting: return {"waiting: " + event.message, false};
        case EventKind::warning: return {"warning: " + event.message, true};
    }
    return {event.message, true};
}

}  // namespace

ProgressLine::ProgressLine(std::function<void(std::string_view)> write, ProgressStyle style)
    : write_{std::move(write)}, style_{style} {}

void ProgressLine::on(Event const& event) {
    auto const [text, final] = words(event);
    show(text, final);
}

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
