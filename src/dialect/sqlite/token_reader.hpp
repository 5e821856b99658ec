#pragma once

// Walks over the significant tokens of a statement, for the readers of CREATE texts in this folder.

#include "evolver/schema/tokens.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace evolver::sqlite {

class TokenReader {
public:
    /// `what` is for messages: "CREATE TABLE". Throws Error if `text` holds a quote or a comment that never ends.
    TokenReader(std::string_view text, std::string_view what);

    [[nodiscard]] bool done() const noexcept { return position_ == tokens_.size(); }
    [[nodiscard]] bool at(std::string_view keyword) const noexcept;
    [[nodiscard]] bool at_any(std::initializer_list<std::string_view> keywords) const noexcept;
    /// Is that keyword so many tokens behind the next one?
    [[nodiscard]] bool then(std::string_view keyword, std::size_t behind = 1) const noexcept;
    [[nodiscard]] bool at_symbol(std::string_view symbol) const noexcept;

    /// The offset of the next token; the size of the text at the end.
    [[nodiscard]] std::size_t offset() const noexcept;
    /// Behind the token that was taken last.
    [[nodiscard]] std::size_t last_end() const noexcept;

    /// Takes the next token if it is that keyword.
    bool accept(std::string_view keyword) noexcept;
    bool accept_symbol(std::string_view symbol) noexcept;
    /// Takes the next token, or throws.
    Token const& take();
    void expect(std::string_view keyword);
    void expect_symbol(std::string_view symbol);
    /// A name in SQLite's sense: a word, a quoted identifier or a string literal.
    std::string name();
    /// Takes a text in parentheses and returns what is inside.
    std::string_view parenthesised();

    [[noreturn]] void fail(std::string_view expected) const;

private:
    std::string_view text_;
    std::string what_;
    std::vector<Token> tokens_;
    std::size_t position_ = 0;
};

}  // namespace evolver::sqlite
