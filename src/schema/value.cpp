#include "evolver/schema/value.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace evolver {

namespace {

std::string literal(std::string const& text) {
    std::string quoted{"'"};
    for (char const letter : text) quoted += letter == '\'' ? std::string{"''"} : std::string{letter};
    return quoted + "'";
}

/// The shortest digits that give the same number back: the last bit shows, and a key can be pasted.
std::string literal(double number) {
    if (std::isinf(number)) return number < 0 ? "-9e999" : "9e999";
    std::array<char, 32> digits{};
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    std::string text{digits.data(), end};
    if (text.find_first_of(".en") == std::string::npos) text += ".0";
    return text;
}

}  // namespace

std::string to_text(Value const& value) {
    struct Visitor {
        std::string operator()(Null) const { return "NULL"; }
        std::string operator()(std::int64_t number) const { return std::to_string(number); }
        std::string operator()(double number) const { return literal(number); }
        std::string operator()(std::string const& text) const { return literal(text); }
        std::string operator()(Blob const& bytes) const {
            static constexpr char digits[] = "0123456789abcdef";
            std::string text = "x'";
            for (auto const byte : bytes) {
                auto const number = std::to_integer<unsigned>(byte);
                text += digits[number >> 4U];
                text += digits[number & 15U];
            }
            return text + "'";
        }
    };
    return std::visit(Visitor{}, value);
}

}  // namespace evolver
