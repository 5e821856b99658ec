#include "observe/json.hpp"

#include "evolver/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace evolver::json_text {

namespace {

void write_text(std::string& out, std::string_view text) {
    out += '"';
    for (std::size_t at = 0; at < text.size();) {
        char const letter = text[at];
        auto const length = length_of_character(text, at);
        switch (letter) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                if (length == 0) {
                    out += "\\ufffd";
                } else if (static_cast<unsigned char>(letter) < 0x20) {
                    out += fmt::format("\\u{:04x}", static_cast<unsigned>(letter));
                } else {
                    out += text.substr(at, length);
                }
        }
        at += std::max<std::size_t>(1, length);
    }
    out += '"';
}

struct Writer {
    std::string& out;

    void operator()(std::nullptr_t) const { out += "null"; }
    void operator()(bool value) const { out += value ? "true" : "false"; }
    void operator()(std::int64_t value) const { out += std::to_string(value); }
    void operator()(double value) const {
        if (!std::isfinite(value)) {
            out += "null";
        } else {
            // There is one zero: "-0" comes back as a whole number, which has no sign then.
            out += fmt::format("{}", value == 0 ? 0.0 : value);
        }
    }
    void operator()(std::string const& value) const { write_text(out, value); }
    void operator()(Array const& values) const {
        char before = '[';
        for (auto const& value : values) {
            out += before;
            before = ',';
            std::visit(*this, value.held);
        }
        out += values.empty() ? "[]" : "]";
    }
    void operator()(Object const& members) const {
        char before = '{';
        for (auto const& [name, value] : members) {
            out += before;
            before = ',';
            write_text(out, name);
            out += ':';
            std::visit(*this, value.held);
        }
        out += members.empty() ? "{}" : "}";
    }
};

class Parser {
public:
    explicit Parser(std::string_view text) : text_{text} {}

    Value whole() {
        auto value = any(0);
        space();
        if (at_ != text_.size()) fail("something stands behind the end");
        return value;
    }

private:
    [[noreturn]] void fail(std::string const& why) const {
        throw Error{Failure{.what = fmt::format("The text is no JSON: {}, at byte {}.", why, at_)}};
    }
    void space() {
        while (at_ < text_.size() && std::string_view{" \t\r\n"}.find(text_[at_]) != std::string_view::npos) ++at_;
    }
    [[nodiscard]] char peek() const {
        if (at_ >= text_.size()) fail("it ends too early");
        return text_[at_];
    }
    bool take(char letter) {
        space();
        if (peek() != letter) return false;
        ++at_;
        return true;
    }
    void need(char letter) {
        if (!take(letter)) fail(std::string{"a '"} + letter + "' is missing");
    }
    bool take_word(std::string_view word) {
        if (!text_.substr(at_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }

    Value any(int depth) {
        constexpr int deepest = 64;
        if (depth > deepest) fail("it is nested too deeply");
        space();
        switch (peek()) {
            case '{': return object(depth);
            case '[': return array(depth);
            case '"': return text();
            default: break;
        }
        if (take_word("true")) return true;
        if (take_word("false")) return false;
        if (take_word("null")) return {};
        return number();
    }

    Object object(int depth) {
        Object members;
        need('{');
        if (take('}')) return members;
        do {
            space();
            auto name = text();
            need(':');
            auto value = any(depth + 1);
            members.emplace_back(std::move(name), std::move(value));
        } while (take(','));
        need('}');
        return members;
    }

    Array array(int depth) {
        Array values;
        need('[');
        if (take(']')) return values;
        do values.push_back(any(depth + 1));
        while (take(','));
        need(']');
        return values;
    }

    unsigned hex() {
        unsigned code = 0;
        auto const* const begin = text_.data() + at_;
        auto const* const end = text_.data() + std::min(text_.size(), at_ + 4);
        auto const [last, error] = std::from_chars(begin, end, code, 16);
        if (error != std::errc{} || last != begin + 4) fail("four hexadecimal digits are missing");
        at_ += 4;
        return code;
    }

    void unicode(std::string& out) {
        auto code = hex();
        if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
            at_ += 2;
            auto const low = hex();
            if (low < 0xDC00 || low > 0xDFFF) fail("half a character");
            code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
        }
        auto const add = [&](unsigned byte) { out += static_cast<char>(byte); };
        if (code < 0x80) {
            add(code);
        } else if (code < 0x800) {
            add(0xC0U | (code >> 6U));
            add(0x80U | (code & 0x3FU));
        } else if (code < 0x10000) {
            add(0xE0U | (code >> 12U));
            add(0x80U | ((code >> 6U) & 0x3FU));
            add(0x80U | (code & 0x3FU));
        } else {
            add(0xF0U | (code >> 18U));
            add(0x80U | ((code >> 12U) & 0x3FU));
            add(0x80U | ((code >> 6U) & 0x3FU));
            add(0x80U | (code & 0x3FU));
        }
    }

    std::string text() {
        std::string out;
        need('"');
        for (;;) {
            char const letter = peek();
            ++at_;
            if (letter == '"') return out;
            if (static_cast<unsigned char>(letter) < 0x20) fail("a line ends inside a text");
            if (letter != '\\') {
                out += letter;
                continue;
            }
            char const escaped = peek();
            ++at_;
            constexpr std::string_view letters = "\"\\/bfnrt";
            constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
            auto const known = letters.find(escaped);
            if (known != std::string_view::npos) {
                out += meant[known];
            } else if (escaped == 'u') {
                unicode(out);
            } else {
                fail("an escape that JSON does not have");
            }
        }
    }

    Value number() {
        auto const rest = text_.substr(at_);
        auto const length = std::min(rest.size(), rest.find_first_not_of("+-0123456789.eE"));
        auto const digits = rest.substr(0, length);
        bool beyond = false;
        auto const read = [&](auto& value) {
            auto const [last, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
            beyond = error == std::errc::result_out_of_range;
            return error == std::errc{} && last == digits.data() + digits.size() && !digits.empty();
        };
        std::int64_t whole = 0;
        double real = 0;
        if (read(whole)) {
            at_ += length;
            return whole;
        }
        if (!read(real))
            fail(beyond ? "a number is larger or smaller than any that is kept" : "no value begins like that");
        at_ += length;
        return real;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

std::size_t length_of_character(std::string_view text, std::size_t at) noexcept {
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    auto const first = byte(at);
    if (first < 0x80) return 1;
    std::size_t const length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || at + length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(at + i) & 0xC0U) != 0x80) return 0;
    }
    auto const second = byte(at + 1);
    bool const overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    bool const beyond = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
    return overlong || beyond ? 0 : length;
}

Value const* Value::find(std::string_view name) const noexcept {
    auto const* const members = std::get_if<Object>(&held);
    if (members == nullptr) return nullptr;
    auto const found = std::ranges::find_if(*members, [&](Member const& member) { return member.first == name; });
    return found == members->end() ? nullptr : &found->second;
}

std::string write(Value const& value) {
    std::string out;
    std::visit(Writer{out}, value.held);
    return out;
}

Value parse(std::string_view text) { return Parser{text}.whole(); }

}  // namespace evolver::json_text
