#pragma once

// An event in words, and as a record.

#include "evolver/observe/event.hpp"
#include "observe/json.hpp"

#include <string>
#include <string_view>

namespace evolver {

/// "batch"; stable.
[[nodiscard]] std::string_view name_of(EventKind kind) noexcept;

/// "0002-size-bytes: filling packages, 40 %, 24000 rows"
[[nodiscard]] std::string text_of(Event const& event);

/// Its kind as `event`, and those of its fields that say something.
[[nodiscard]] json_text::Object json_of(Event const& event);

}  // namespace evolver
