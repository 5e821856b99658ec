#include "dialect/sqlite/token_reader.hpp"

#include "evolver/error.hpp"

#include <algorithm>

namespace evolver::sqlite {

namespace {

constexpr std::string_view advice = "report this text to evolver's authors, and change the object by hand until then";

}  // namespace

TokenReader::TokenReader(std::string_view text, std::string_view what)
    : text_{text}, what_{what}, tokens_{significant_tokens(text)} {
    if (!tokens_.empty() && tokens_.back().kind == TokenKind::unfinished) {
        throw Error{Failure{.what = "the " + what_ + " text ends inside a quote or a comment that begins at byte " +
                                    std::to_string(tokens_.back().offset),
                            .instead = std::string{advice},
                            .sql = std::string{text}}};
    }
}

bool TokenReader::at(std::string_view keyword) const noexcept {
    return !done() && is_keyword(tokens_[position_], keyword);
}

bool TokenReader::at_any(std::initializer_list<std::string_view> keywords) const noexcept {
    return std::any_of(keywords.begin(), keywords.end(), [&](std::string_view keyword) { return at(keyword); });
}

bool TokenReader::then(std::string_view keyword, std::size_t behind) const noexcept {
    return position_ + behind < tokens_.size() && is_keyword(tokens_[position_ + behind], keyword);
}

bool TokenReader::at_symbol(std::string_view symbol) const noexcept {
    return !done() && tokens_[position_].kind == TokenKind::symbol && tokens_[position_].text == symbol;
}

std::size_t TokenReader::offset() const noexcept { return done() ? text_.size() : tokens_[position_].offset; }

std::size_t TokenReader::last_end() const noexcept {
    if (position_ == 0) return 0;
    Token const& last = tokens_[position_ - 1];
    return last.offset + last.text.size();
}

bool TokenReader::accept(std::string_view keyword) noexcept {
    if (!at(keyword)) return false;
    ++position_;
    return true;
}

bool TokenReader::accept_symbol(std::string_view symbol) noexcept {
    if (!at_symbol(symbol)) return false;
    ++position_;
    return true;
}

Token const& TokenReader::take() {
    if (done()) fail("more");
    return tokens_[position_++];
}

void TokenReader::expect(std::string_view keyword) {
    if (!accept(keyword)) fail(keyword);
}

void TokenReader::expect_symbol(std::string_view symbol) {
    if (!accept_symbol(symbol)) fail(symbol);
}

std::string TokenReader::name() {
    if (done()) fail("a name");
    Token const& token = tokens_[position_];
    if (token.kind != TokenKind::word && token.kind != TokenKind::quoted && token.kind != TokenKind::string)
        fail("a name");
    ++position_;
    if (token.kind != TokenKind::string) return identifier_of(token);
    // The quotes of a string literal double as those of an identifier do.
    std::string const as_quoted{token.text};
    return identifier_of(Token{TokenKind::quoted, as_quoted, 0});
}

std::string_view TokenReader::parenthesised() {
    expect_symbol("(");
    std::size_t const begin = last_end();
    for (std::size_t depth = 1;;) {
        Token const& token = take();
        if (token.kind != TokenKind::symbol) continue;
        if (token.text == "(") ++depth;
        if (token.text == ")" && --depth == 0) return text_.substr(begin, token.offset - begin);
    }
}

void TokenReader::fail(std::string_view expected) const {
    std::string const found = done() ? "its end" : "\"" + std::string{tokens_[position_].text} + "\"";
    throw Error{Failure{.what = "the " + what_ + " text cannot be understood at byte " + std::to_string(offset()) +
                                ": expected " + std::string{expected} + ", found " + found,
                        .instead = std::string{advice},
                        .sql = std::string{text_}}};
}

}  // namespace evolver::sqlite
