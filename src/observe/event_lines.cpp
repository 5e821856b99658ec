#include "evolver/observe/event_lines.hpp"

#include "observe/event_text.hpp"
#include "observe/words.hpp"

#include <utility>

namespace evolver {

namespace {

std::string stamp(EventClock const& clock) { return timestamp_of(clock ? clock() : std::chrono::system_clock::now()); }

std::string_view level_of(EventKind kind) {
    if (kind == EventKind::warning || kind == EventKind::waiting) return "warn";
    return kind == EventKind::batch || kind == EventKind::scanned ? "debug" : "info";
}

}  // namespace

JsonLines::JsonLines(std::function<void(std::string_view)> write, EventClock clock)
    : write_{std::move(write)}, clock_{std::move(clock)} {}

void JsonLines::on(Event const& event) {
    auto record = json_of(event);
    record.insert(record.begin(), json_text::Member{"at", stamp(clock_)});
    write_(json_text::write(std::move(record)) + "\n");
}

LogLines::LogLines(std::function<void(std::string_view)> write, EventClock clock)
    : write_{std::move(write)}, clock_{std::move(clock)} {}

void LogLines::on(Event const& event) {
    auto text = text_of(event);
    for (char& letter : text) {
        if (letter == '\n') letter = ' ';  // a line is a line
    }
    write_(stamp(clock_) + " " + std::string{level_of(event.kind)} + " " + text + "\n");
}

}  // namespace evolver
