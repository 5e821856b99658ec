#pragma once

/// A value of a row, with the type that the engine stores it by.

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace evolver {

struct Null {
    friend bool operator==(Null, Null) = default;
};
using Blob = std::vector<std::byte>;

using Value = std::variant<Null, std::int64_t, double, std::string, Blob>;

/// As a literal of SQL, for messages: 42, 'text', x'00', NULL.
[[nodiscard]] std::string to_text(Value const& value);

}  // namespace evolver
