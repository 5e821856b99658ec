#pragma once

/// SQL as a list of tokens: enough to compare two texts by meaning, to replace a column by an expression, and to edit a
/// CREATE statement, without ever touching a string literal or a comment. It is a lexer, no parser: the engine is the
/// parser.
///
/// The lexical rules are SQLite's (https://www.sqlite.org/lang_keywords.html, tokenize.c of 3.40), which accept the
/// quoting of all three engines: "a", `a`, [a] are identifiers, 'a' is a string, x'00' a blob, -- and /* */ are
/// comments.

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evolver {

enum class TokenKind {
    word,    ///< An unquoted identifier or keyword.
    quoted,  ///< A quoted identifier.
    string,  ///< 'text'
    blob,    ///< x'00'
    number,
    placeholder,  ///< :name @name $name ? ?1
    symbol,       ///< An operator or punctuation; two-character operators are one token (||, <>, ->, ...).
    space,        ///< White space or a comment.
    unfinished,   ///< A quote or a comment that never ends; always the last token.
};

struct Token {
    TokenKind kind;
    std::string_view text;  ///< As it stands in the source, which must outlive the token.
    std::size_t offset;     ///< Of the first byte in the source.
};

/// Splits `sql` into tokens that, put together again, are `sql`. Never throws for bad input; see TokenKind::unfinished.
[[nodiscard]] std::vector<Token> tokens(std::string_view sql);
/// A temporary text would be gone before its tokens are read.
template <std::same_as<std::string> Text>
std::vector<Token> tokens(Text&& sql) = delete;

/// The same without white space and comments.
[[nodiscard]] std::vector<Token> significant_tokens(std::string_view sql);
template <std::same_as<std::string> Text>
std::vector<Token> significant_tokens(Text&& sql) = delete;

/// Is `token` the keyword `word` (unquoted, any case)?
[[nodiscard]] bool is_keyword(Token const& token, std::string_view word) noexcept;

/// The identifier that a word or quoted token stands for, without quotes; empty for other kinds.
[[nodiscard]] std::string identifier_of(Token const& token);

/// `sql` with each column replaced by what `replacement` answers for its name; nullopt keeps it as it is. What is put
/// in is not looked at again.
///
/// Any identifier is taken for a column, except one that - is followed by `(` (a function), by `.` (a table) or by a
/// string (`date '2026-01-01'`); - is preceded by `.` or by COLLATE; - is an alias or a type, of one word or several:
/// preceded by AS, as in `CAST(x AS double precision)`, or by `::`; - is a bare reserved word. `end`, `like` and their
/// kin are reserved only behind a value: `end > start` has two columns,
///   `CASE WHEN end > 1 THEN 2 END` one. A column named like a reserved word has to be quoted, as for the engines.
///
/// An alias without AS looks like a column here: write AS. So does the name of a table, in a sub-query.
[[nodiscard]] std::string replace_columns(
    std::string_view sql, std::function<std::optional<std::string>(std::string const& name)> const& replacement);

/// Does `sql` mention the column `name` (by the same rules)?
[[nodiscard]] bool mentions_column(std::string_view sql, std::string_view name);

/// A form in which two texts are equal when they mean the same to a reader: comments, white space and a semicolon at
/// the end gone, words in lower case, quoted identifiers unquoted where that is safe to compare, one space between
/// tokens, `==` as `=` and `!=` as `<>`. String literals and names of placeholders stay as they are. For comparing, not
/// for running: where an engine minds the case of quoted names, this form has lost it.
[[nodiscard]] std::string normalised(std::string_view sql);

}  // namespace evolver
