// The JSON of a run, of anybody's: it is read or refused in words, and what is read is written as a page in which every tag is the page's own.

#include "fuzz/fuzzer.hpp"

#include "evolver/error.hpp"
#include "evolver/pipeline/report.hpp"
#include "observe/json.hpp"

#include <algorithm>
#include <array>
#include <vector>

using namespace evolver;
using fuzz::expect;

namespace {

constexpr std::array elements{"a",       "article", "body",  "caption", "circle",     "code",   "dd",     "desc",
                              "details", "div",     "dl",    "dt",      "figcaption", "figure", "footer", "g",
                              "h1",      "h2",      "h3",    "head",    "header",     "html",   "li",     "line",
                              "main",    "meta",    "nav",   "ol",      "p",          "path",   "pre",    "rect",
                              "section", "span",    "style", "summary", "svg",        "table",  "tbody",  "td",
                              "text",    "th",      "thead", "time",    "title",      "tr",     "ul"};
/// Of a drawing: where something is, and how large.
constexpr std::array measures{"x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "d", "width", "height", "viewBox"};
constexpr std::array others{"aria-hidden", "aria-label", "aria-labelledby", "charset",  "class",      "content",
                            "datetime",    "href",       "http-equiv",      "id",       "lang",       "name",
                            "role",        "scope",      "style",           "tabindex", "text-anchor"};

template <class List>
bool is_one_of(List const& list, std::string_view word) {
    return std::ranges::find(list, word) != list.end();
}

/// Goes through a page as a browser does, and is stricter than one.
class Page {
public:
    explicit Page(std::string_view text) : left_{text} {}

    void look() {
        expect(take("<!DOCTYPE html>"), "the page begins as one");
        while (!left_.empty()) {
            auto const end = std::min(left_.find('<'), left_.size());
            expect(left_.substr(0, end).find('>') == std::string_view::npos || inside("style"), "a > is a tag's");
            left_.remove_prefix(end);
            if (!left_.empty()) tag();
        }
        expect(open_.empty(), "what is opened is closed");
    }

private:
    bool take(std::string_view word) {
        if (!left_.starts_with(word)) return false;
        left_.remove_prefix(word.size());
        return true;
    }
    [[nodiscard]] bool inside(std::string_view name) const { return !open_.empty() && open_.back() == name; }
    std::string_view word() {
        auto const end = left_.find_first_of(" =/>");
        expect(end != std::string_view::npos, "a tag ends");
        auto const found = left_.substr(0, end);
        left_.remove_prefix(end);
        return found;
    }

    void tag() {
        if (take("</")) {
            auto const name = word();
            expect(inside(name), "what is closed was opened last");
            open_.pop_back();
            expect(take(">"), "a closing tag holds its name alone");
            return;
        }
        left_.remove_prefix(1);
        auto const name = word();
        expect(is_one_of(elements, name), "an element is one of the page's own");
        while (take(" ")) attribute();
        bool const is_whole = take("/");
        expect(take(">"), "a tag ends behind its attributes");
        if (!is_whole && name != "meta") open_.push_back(name);
    }

    void attribute() {
        auto const name = word();
        expect(take("=\""), "an attribute has a value, in quotes");
        auto const end = left_.find('"');
        expect(end != std::string_view::npos, "the value ends");
        auto const value = left_.substr(0, end);
        left_.remove_prefix(end + 1);
        bool const is_measure = is_one_of(measures, name);
        expect(is_measure || is_one_of(others, name), "an attribute is one of the page's own");
        if (is_measure || name == "style") {
            auto const strange = is_measure ? value.find_first_not_of("0123456789.- MLZ")
                                            : value.find_first_not_of("0123456789.%lefthwid:;");
            expect(strange == std::string_view::npos, "a measure is made of numbers");
        }
        if (name == "href") expect(value.starts_with('#'), "a link stays on the page");
    }

    std::string_view left_;
    std::vector<std::string_view> open_ = {};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text{reinterpret_cast<char const*>(data), size};
    try {
        auto const run = run_from_json(text);
        auto const page = html_report(run);
        Page{page}.look();
        expect(page.find("<script") == std::string::npos, "the page has no script");
        for (std::size_t at = 0; at < page.size();) {
            auto const length = json_text::length_of_character(page, at);
            expect(length > 0, "the page is UTF-8, as it says");
            at += length;
        }
        expect(html_report(run_from_json(to_json(run))) == page, "a run that was written down is the same run");
    } catch (Error const&) {
        // refused in words
    }
    return 0;
}
