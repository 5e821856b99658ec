#include "evolver/schema/value.hpp"

namespace evolver {

namespace {

std::string literal(std::string const& text) {
    std::string quoted{"'"};
    for (char const letter : text) quoted += letter == '\'' ? std::string{"''"} : std::string{letter};
    return quoted + "'";
}

}  // namespace

std::string to_text(Value const& value) {
    struct Visitor {
        std::string operator()(Null) const { return "NULL"; }
        std::string operator()(std::int64_t number) const { return std::to_string(number); }
        std::string operator()(double number) const { return std::to_string(number); }
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
