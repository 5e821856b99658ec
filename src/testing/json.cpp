#include "testing/json.hpp"

#include "evolver/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace evolver::testing {

namespace {

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (char const letter : text) {
        auto const code = static_cast<unsigned char>(letter);
        if (letter == '"' || letter == '\\') {
            out += '\\';
            out += letter;
        } else if (letter == '\n') {
            out += "\\n";
        } else if (code < 0x20) {
            out += fmt::format("\\u{:04x}", code);
        } else {
            out += letter;
        }
    }
    return out + '"';
}

class Reader {
public:
    Reader(std::string_view text, std::string const& object) : text_{text}, object_{object} {}

    std::map<std::string, std::vector<std::string>> object() {
        std::map<std::string, std::vector<std::string>> found;
        expect('{');
        if (!skip('}')) {
            do {
                auto key = string();
                expect(':');
                found[std::move(key)] = value();
            } while (skip(','));
            expect('}');
        }
        space();
        if (at_ != text_.size()) fail("nothing");
        return found;
    }

private:
    std::vector<std::string> value() {
        if (!skip('[')) return {string()};
        std::vector<std::string> list;
        if (skip(']')) return list;
        do list.push_back(string());
        while (skip(','));
        expect(']');
        return list;
    }

    std::string string() {
        expect('"');
        std::string out;
        while (at_ < text_.size() && text_[at_] != '"') {
            char letter = text_[at_++];
            if (letter == '\\') letter = escaped();
            out += letter;
        }
        if (at_ == text_.size()) fail("a quote");
        ++at_;
        return out;
    }

    char escaped() {
        if (at_ == text_.size()) fail("a letter behind the backslash");
        char const letter = text_[at_++];
        switch (letter) {
            case '"':
            case '\\':
            case '/': return letter;
            case 'n': return '\n';
            case 't': return '\t';
            case 'r': return '\r';
            case 'u': return control();
            default: fail("an escape that a snapshot has");
        }
    }

    /// Others than control letters stand as they are in a snapshot.
    char control() {
        int code = 0;
        for (int i = 0; i < 4; ++i) {
            if (at_ == text_.size()) fail("four hexadecimal digits");
            char const digit = text_[at_++];
            int const value = digit >= '0' && digit <= '9'   ? digit - '0'
                              : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                              : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                                             : -1;
            if (value < 0) fail("four hexadecimal digits");
            code = code * 16 + value;
        }
        if (code >= 0x80) fail("a control letter");
        return static_cast<char>(code);
    }

    void space() {
        while (at_ < text_.size() && std::string_view{" \t\r\n"}.find(text_[at_]) != std::string_view::npos) ++at_;
    }
    bool skip(char letter) {
        space();
        if (at_ == text_.size() || text_[at_] != letter) return false;
        ++at_;
        return true;
    }
    void expect(char letter) {
        if (!skip(letter)) fail(std::string{'\''} + letter + '\'');
    }
    [[noreturn]] void fail(std::string const& wanted) const {
        auto const end = text_.begin() + static_cast<std::ptrdiff_t>(std::min(at_, text_.size()));
        throw Error{Failure{.what = fmt::format("\"{}\" is no snapshot: line {} should have {}.", object_,
                                                1 + std::count(text_.begin(), end, '\n'), wanted),
                            .object = object_,
                            .instead = "take the file from the repository again; snapshots are not edited by hand"}};
    }

    std::string_view text_;
    std::string const& object_;
    std::size_t at_ = 0;
};

}  // namespace

std::string json_of(JsonTexts const& object, std::vector<std::string> const& lists) {
    std::string text = "{";
    for (auto const& [key, values] : object) {
        text += (text.size() > 1 ? ",\n  " : "\n  ") + quoted(key) + ": ";
        if (std::find(lists.begin(), lists.end(), key) == lists.end()) {
            text += quoted(values.front());
            continue;
        }
        text += '[';
        for (std::size_t i = 0; i < values.size(); ++i) text += (i > 0 ? ",\n    " : "\n    ") + quoted(values[i]);
        text += values.empty() ? "]" : "\n  ]";
    }
    return text + "\n}\n";
}

std::map<std::string, std::vector<std::string>> parse_json(std::string_view text, std::string const& object) {
    return Reader{text, object}.object();
}

}  // namespace evolver::testing
