#pragma once

// JSON, as far as evolver writes and reads it: runs of the pipeline, rows of the audit trail, events.
//
// Objects keep their members in the order in which they were written. Text that is not UTF-8, which a key of a row may be, is written with
// U+FFFD in the place of what is not.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace evolver::json_text {

struct Value;
using Array = std::vector<Value>;
using Member = std::pair<std::string, Value>;
using Object = std::vector<Member>;

struct Value {
    std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> held = nullptr;

    Value() = default;
    Value(bool value) : held{value} {}
    Value(int value) : held{std::int64_t{value}} {}
    Value(std::int64_t value) : held{value} {}
    Value(double value) : held{value} {}
    Value(std::string value) : held{std::move(value)} {}
    Value(std::string_view value) : held{std::string{value}} {}
    Value(char const* value) : held{std::string{value}} {}
    Value(Array value) : held{std::move(value)} {}
    Value(Object value) : held{std::move(value)} {}

    /// The member of that name; none where there is none, or this is no object.
    [[nodiscard]] Value const* find(std::string_view name) const noexcept;
};

/// How many bytes of `text` from `at` on are one character of UTF-8; 0 where they are none.
[[nodiscard]] std::size_t length_of_character(std::string_view text, std::size_t at) noexcept;

/// On one line, without spaces.
[[nodiscard]] std::string write(Value const& value);

/// Throws Error that says at which byte the text is no JSON.
[[nodiscard]] Value parse(std::string_view text);

}  // namespace evolver::json_text
