#include "observe/event_text.hpp"

#include <algorithm>

namespace evolver {

namespace {

std::string percent(std::int64_t done, std::int64_t total) {
    if (total <= 0) return std::to_string(done) + " rows";
    auto const share = std::min<std::int64_t>(100, done * 100 / total);
    return std::to_string(share) + " %, " + std::to_string(done) + " rows";
}

}  // namespace

std::string_view name_of(EventKind kind) noexcept {
    switch (kind) {
        case EventKind::step: return "step";
        case EventKind::expanded: return "expanded";
        case EventKind::batch: return "batch";
        case EventKind::filled: return "filled";
        case EventKind::scanned: return "scanned";
        case EventKind::reconciled: return "reconciled";
        case EventKind::switched: return "switched";
        case EventKind::completed: return "completed";
        case EventKind::stepped_back: return "stepped back";
        case EventKind::contracted: return "contracted";
        case EventKind::rolled_back: return "rolled back";
        case EventKind::waiting: return "waiting";
        case EventKind::warning: break;
    }
    return "warning";
}

std::string text_of(Event const& event) {
    switch (event.kind) {
        case EventKind::step: return event.migration + ": " + event.object;
        case EventKind::expanded: return event.migration + ": expanded";
        case EventKind::batch:
            return event.migration + ": filling " + event.object + ", " + percent(event.done, event.total);
        case EventKind::filled: return event.migration + ": filled, " + std::to_string(event.done) + " rows";
        case EventKind::scanned:
            return event.migration + ": comparing " + event.object + ", " + percent(event.done, event.total);
        case EventKind::reconciled: return event.migration + ": reconciled, " + std::to_string(event.done) + " rows";
        case EventKind::switched: return event.migration + ": reads use the new shape";
        case EventKind::completed: return event.migration + ": writes use the new shape only";
        case EventKind::stepped_back: return event.migration + ": back by one stage: " + event.message;
        case EventKind::contracted: return event.migration + ": contracted";
        case EventKind::rolled_back: return event.migration + ": rolled back";
        case EventKind::waiting: return "waiting: " + event.message;
        case EventKind::warning: return "warning: " + event.message;
    }
    return event.message;
}

json_text::Object json_of(Event const& event) {
    json_text::Object record;
    record.emplace_back("event", name_of(event.kind));
    if (!event.migration.empty()) record.emplace_back("migration", event.migration);
    if (!event.object.empty()) record.emplace_back("object", event.object);
    if (event.done != 0) record.emplace_back("done", event.done);
    if (event.total != 0) record.emplace_back("total", event.total);
    if (event.duration.count() != 0) record.emplace_back("microseconds", std::int64_t{event.duration.count()});
    if (!event.message.empty()) record.emplace_back("message", event.message);
    return record;
}

}  // namespace evolver
