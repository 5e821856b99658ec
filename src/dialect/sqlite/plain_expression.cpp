#include "dialect/sqlite/plain_expression.hpp"

#include "dialect/sqlite/connection.hpp"
#include "evolver/schema/tokens.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace evolver::sqlite {

namespace {

/// None of them compares by a collation.
constexpr std::array<std::string_view, 19> functions{
    "abs",    "char",  "coalesce", "format", "hex",   "ifnull", "instr", "length",  "lower", "ltrim",
    "printf", "quote", "replace",  "round",  "rtrim", "substr", "trim",  "unicode", "upper"};
constexpr std::array<std::string_view, 9> symbols{"(", ")", ",", "+", "-", "*", "/", "%", "||"};

template <class List>
bool names(List const& list, Token const& word) {
    return std::any_of(list.begin(), list.end(), [&](std::string_view name) { return is_keyword(word, name); });
}

}  // namespace

bool is_plain(std::string_view expression, std::vector<Name> const& columns) {
    auto const all = significant_tokens(expression);
    bool in_type = false;  // between AS and the parenthesis that ends the cast
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto const& token = all[i];
        bool const called = i + 1 < all.size() && all[i + 1].text == "(";
        switch (token.kind) {
            case TokenKind::string:
            case TokenKind::blob:
            case TokenKind::number: break;
            case TokenKind::symbol:
                if (std::find(symbols.begin(), symbols.end(), token.text) == symbols.end()) return false;
                if (token.text == ")") in_type = false;
                break;
            case TokenKind::word:
                if (in_type) break;
                if (is_keyword(token, "as")) {
                    in_type = true;
                    break;
                }
                if (called ? is_keyword(token, "cast") || names(functions, token) : is_keyword(token, "null")) break;
                [[fallthrough]];
            case TokenKind::quoted:
                if (called || std::find(columns.begin(), columns.end(), Name{identifier_of(token)}) == columns.end())
                    return false;
                break;
            case TokenKind::placeholder:
            case TokenKind::space:
            case TokenKind::unfinished: return false;
        }
    }
    return true;
}

std::string over_new(std::string_view expression) {
    return replace_columns(expression,
                           [](std::string const& name) -> std::optional<std::string> { return "NEW." + quoted(name); });
}

}  // namespace evolver::sqlite
