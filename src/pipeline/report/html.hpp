#pragma once

// HTML that cannot be forgotten to be escaped: it is made of literals, which are markup, and of everything else, which is text.

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace evolver::report {

class Html {
public:
    Html() = default;
    /// Markup of our own.
    template <std::size_t Size>
    Html(char const (&literal)[Size]) : text_{literal, Size - 1} {}
    /// Everything else. What is no character of UTF-8, and what no page may hold, is U+FFFD.
    [[nodiscard]] static Html text(std::string_view words);

    Html& operator+=(Html const& other) {
        text_ += other.text_;
        return *this;
    }
    friend Html operator+(Html left, Html const& right) { return left += right; }

    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
    [[nodiscard]] std::string const& string() const noexcept { return text_; }

private:
    std::string text_;
};

/// `<code>`
[[nodiscard]] Html code(std::string_view words);

/// How the cells of a column are laid out: words, numbers, or names, which are not broken.
enum class Cells { words, numbers, names };

struct Column {
    std::string title;
    Cells cells = Cells::words;
};

/// A table that scrolls by itself where the page is narrow; a screen reader hears its caption, and the column before each cell.
class Table {
public:
    Table(std::string caption, std::vector<Column> columns);
    /// The first cell names the row.
    void row(std::initializer_list<Html> cells);
    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
    [[nodiscard]] Html html() const;

private:
    std::string caption_;
    std::vector<Column> columns_;
    Html rows_;
};

}  // namespace evolver::report
