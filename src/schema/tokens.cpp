#include "evolver/schema/tokens.hpp"

#include "evolver/schema/name.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace evolver {

namespace {

bool is_space(char letter) {
    return letter == ' ' || letter == '\t' || letter == '\n' || letter == '\f' || letter == '\r';
}
bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }
bool is_hex(char letter) {
    return is_digit(letter) || (letter >= 'a' && letter <= 'f') || (letter >= 'A' && letter <= 'F');
}
bool starts_word(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '_' ||
           static_cast<unsigned char>(letter) >= 0x80;
}
// A dollar sign may stand inside a word but not begin one: there it is a placeholder.
bool continues_word(char letter) { return starts_word(letter) || is_digit(letter) || letter == '$'; }

std::string lower(std::string_view text) {
    std::string result{text};
    for (char& letter : result) {
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    }
    return result;
}

/// Cuts one token at a time from the front of a text.
class Lexer {
public:
    explicit Lexer(std::string_view sql) : sql_{sql} {}

    bool done() const { return begin_ == sql_.size(); }

    Token next() {
        end_ = begin_;
        auto const kind = scan();
        Token const token{kind, sql_.substr(begin_, end_ - begin_), begin_};
        begin_ = end_;
        return token;
    }

private:
    char at(std::size_t ahead) const { return begin_ + ahead < sql_.size() ? sql_[begin_ + ahead] : '\0'; }

    TokenKind take(std::size_t length, TokenKind kind) {
        end_ = begin_ + length;
        return kind;
    }

    template <typename Predicate>
    void take_while(Predicate predicate) {
        while (end_ < sql_.size() && predicate(sql_[end_])) ++end_;
    }

    TokenKind scan() {
        char const first = at(0);
        if (is_space(first)) {
            take_while(is_space);
            return TokenKind::space;
        }
        if (first == '-' && at(1) == '-') return line_comment();
        if (first == '/' && at(1) == '*') return block_comment();
        if (first == '\'') return quote('\'', TokenKind::string);
        if (first == '"' || first == '`') return quote(first, TokenKind::quoted);
        if (first == '[') return until("]", 1, TokenKind::quoted);
        // As SQLite, any x'...' is one token, even where its digits are bad: then it is the engine that refuses it.
        if ((first == 'x' || first == 'X') && at(1) == '\'') return until("'", 2, TokenKind::blob);
        if (is_digit(first) || (first == '.' && is_digit(at(1)))) return number();
        if (starts_word(first)) {
            take_while(continues_word);
            return TokenKind::word;
        }
        if (first == '?') {
            take(1, TokenKind::placeholder);
            take_while(is_digit);
            return TokenKind::placeholder;
        }
        // `::` is PostgreSQL's cast, so a colon needs a name right behind it.
        if ((first == ':' || first == '@' || first == '$') && continues_word(at(1))) {
            take(1, TokenKind::placeholder);
            take_while(continues_word);
            return TokenKind::placeholder;
        }
        return symbol();
    }

    TokenKind line_comment() {
        auto const line_end = sql_.find('\n', begin_);
        end_ = line_end == std::string_view::npos ? sql_.size() : line_end + 1;
        return TokenKind::space;
    }

    TokenKind block_comment() { return until("*/", 2, TokenKind::space); }

    TokenKind until(std::string_view terminator, std::size_t from, TokenKind kind) {
        auto const found = sql_.find(terminator, begin_ + from);
        if (found == std::string_view::npos) return take(sql_.size() - begin_, TokenKind::unfinished);
        end_ = found + terminator.size();
        return kind;
    }

    // Inside quotes a doubled quote stands for one.
    TokenKind quote(char mark, TokenKind kind) {
        for (end_ = begin_ + 1; end_ < sql_.size(); ++end_) {
            if (sql_[end_] != mark) continue;
            ++end_;
            if (end_ == sql_.size() || sql_[end_] != mark) return kind;
        }
        return TokenKind::unfinished;
    }

    TokenKind number() {
        if (at(0) == '0' && (at(1) == 'x' || at(1) == 'X') && is_hex(at(2))) {
            take(2, TokenKind::number);
            take_while(is_hex);
        } else {
            take_while(is_digit);
            if (end_ < sql_.size() && sql_[end_] == '.') {
                ++end_;
                take_while(is_digit);
            }
            exponent();
        }
        // 12abc is no number to any engine; as one token it can never be taken for a number beside a column.
        take_while(continues_word);
        return TokenKind::number;
    }

    void exponent() {
        if (end_ >= sql_.size() || (sql_[end_] != 'e' && sql_[end_] != 'E')) return;
        std::size_t digits = end_ + 1;
        if (digits < sql_.size() && (sql_[digits] == '+' || sql_[digits] == '-')) ++digits;
        if (digits >= sql_.size() || !is_digit(sql_[digits])) return;
        end_ = digits;
        take_while(is_digit);
    }

    TokenKind symbol() {
        // The longer first.
        static constexpr auto operators =
            std::to_array<std::string_view>({"->>", "<=>", "->", "||", "<>", "<=", ">=", "<<", ">>", "==", "!=", "::"});
        auto const rest = sql_.substr(begin_);
        for (auto const candidate : operators) {
            if (rest.starts_with(candidate)) return take(candidate.size(), TokenKind::symbol);
        }
        return take(1, TokenKind::symbol);
    }

    std::string_view sql_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

bool is_symbol(Token const& token, std::string_view text) {
    return token.kind == TokenKind::symbol && token.text == text;
}

/// Words that no engine takes for a column unless they are quoted, where an expression may stand.
constexpr auto reserved_words =
    std::to_array<std::string_view>({"all",       "and",       "as",           "between",      "both",
                                     "by",        "case",      "check",        "collate",      "constraint",
                                     "create",    "cross",     "current_date", "current_time", "current_timestamp",
                                     "default",   "delete",    "distinct",     "drop",         "else",
                                     "escape",    "except",    "exists",       "false",        "foreign",
                                     "from",      "group",     "having",       "in",           "index",
                                     "insert",    "intersect", "into",         "is",           "isnull",
                                     "join",      "limit",     "not",          "notnull",      "null",
                                     "on",        "or",        "order",        "primary",      "references",
                                     "returning", "select",    "set",          "table",        "then",
                                     "true",      "union",     "unique",       "update",       "using",
                                     "values",    "when",      "where"});

/// Words that are operators behind a value, and may be columns elsewhere: in `end > start` the first word is a column.
constexpr auto words_behind_a_value =
    std::to_array<std::string_view>({"asc", "desc", "div", "end", "for", "glob", "ilike", "like", "match", "mod",
                                     "over", "placing", "regexp", "rlike", "similar", "xor", "offset"});

bool is_among(std::string_view word, std::span<std::string_view const> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view other) { return same_identifier(word, other); });
}

/// Could a value end with `token`? Then a word that follows is an operator, an alias or the end of a CASE.
bool may_end_a_value(Token const& token) {
    switch (token.kind) {
        case TokenKind::quoted:
        case TokenKind::string:
        case TokenKind::blob:
        case TokenKind::number:
        case TokenKind::placeholder: return true;
        case TokenKind::symbol: return token.text == ")";
        case TokenKind::word: {
            static constexpr auto values = std::to_array<std::string_view>(
                {"null", "true", "false", "current_date", "isnull", "notnull", "current_time", "current_timestamp"});
            return !is_among(token.text, reserved_words) || is_among(token.text, values);
        }
        case TokenKind::space:
        case TokenKind::unfinished: return false;
    }
    return false;
}

/// Which of the significant tokens of an SQL text stand for a column, or could.
class ColumnFinder {
public:
    explicit ColumnFinder(std::string_view sql) : tokens_{significant_tokens(sql)}, is_column_(tokens_.size(), false) {
        bool behind_value = false;
        bool in_type = false;
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            Token const& token = tokens_[i];
            bool const identifier = token.kind == TokenKind::word || token.kind == TokenKind::quoted;
            bool const keyword = token.kind == TokenKind::word && is_keyword_here(token, behind_value);
            in_type = identifier && !keyword && (in_type || begins_type(i));
            is_column_[i] = identifier && !keyword && !in_type && stands_alone(i);
            behind_value = may_end_a_value(token) &&
                           (!keyword || is_keyword(token, "end") || !is_among(token.text, words_behind_a_value));
        }
    }

    std::vector<Token> const& tokens() const { return tokens_; }
    bool is_column(std::size_t position) const { return is_column_[position]; }

private:
    static bool is_keyword_here(Token const& token, bool behind_value) {
        return is_among(token.text, reserved_words) || (behind_value && is_among(token.text, words_behind_a_value));
    }

    // After AS and :: comes a type, or an alias. Types may be of several words: double precision.
    bool begins_type(std::size_t position) const {
        return position > 0 && (is_keyword(tokens_[position - 1], "as") || is_symbol(tokens_[position - 1], "::"));
    }

    bool stands_alone(std::size_t position) const {
        if (position > 0) {
            Token const& before = tokens_[position - 1];
            if (is_symbol(before, ".") || is_keyword(before, "collate")) return false;
        }
        if (position + 1 == tokens_.size()) return true;
        Token const& after = tokens_[position + 1];
        // `date '2026-01-01'` is a literal with its type.
        return !is_symbol(after, "(") && !is_symbol(after, ".") && after.kind != TokenKind::string;
    }

    std::vector<Token> tokens_;
    std::vector<bool> is_column_;
};

std::string normalised_identifier(std::string_view identifier) {
    bool const plain = !identifier.empty() && starts_word(identifier.front()) &&
                       std::all_of(identifier.begin(), identifier.end(), continues_word) &&
                       !is_among(identifier, reserved_words) && !is_among(identifier, words_behind_a_value);
    auto const folded = lower(identifier);
    if (plain) return folded;
    std::string result = "\"";
    for (char const letter : folded) {
        result += letter;
        if (letter == '"') result += '"';
    }
    return result + '"';
}

std::string normalised_token(Token const& token) {
    switch (token.kind) {
        case TokenKind::word:
        case TokenKind::number:
        case TokenKind::blob: return lower(token.text);
        case TokenKind::quoted: return normalised_identifier(identifier_of(token));
        case TokenKind::symbol:
            if (token.text == "==") return "=";
            if (token.text == "!=") return "<>";
            return std::string{token.text};
        case TokenKind::string:
        case TokenKind::placeholder:
        case TokenKind::space:
        case TokenKind::unfinished: break;
    }
    return std::string{token.text};
}

}  // namespace

std::vector<Token> tokens(std::string_view sql) {
    std::vector<Token> result;
    for (Lexer lexer{sql}; !lexer.done();) result.push_back(lexer.next());
    return result;
}

std::vector<Token> significant_tokens(std::string_view sql) {
    auto result = tokens(sql);
    std::erase_if(result, [](Token const& token) { return token.kind == TokenKind::space; });
    return result;
}

bool is_keyword(Token const& token, std::string_view word) noexcept {
    return token.kind == TokenKind::word && same_identifier(token.text, word);
}

std::string identifier_of(Token const& token) {
    if (token.kind == TokenKind::word) return std::string{token.text};
    if (token.kind != TokenKind::quoted) return {};
    char const mark = token.text.front();
    auto const inside = token.text.substr(1, token.text.size() - 2);
    std::string result;
    for (std::size_t i = 0; i < inside.size(); ++i) {
        result += inside[i];
        // Brackets know no doubling.
        if (mark != '[' && inside[i] == mark) ++i;
    }
    return result;
}

std::string replace_columns(std::string_view sql,
                            std::function<std::optional<std::string>(std::string const& name)> const& replacement) {
    ColumnFinder const finder{sql};
    std::string result;
    std::size_t copied = 0;
    for (std::size_t i = 0; i < finder.tokens().size(); ++i) {
        if (!finder.is_column(i)) continue;
        Token const& token = finder.tokens()[i];
        auto const text = replacement(identifier_of(token));
        if (!text) continue;
        result += sql.substr(copied, token.offset - copied);
        result += *text;
        copied = token.offset + token.text.size();
    }
    result += sql.substr(copied);
    return result;
}

bool mentions_column(std::string_view sql, std::string_view name) {
    ColumnFinder const finder{sql};
    for (std::size_t i = 0; i < finder.tokens().size(); ++i) {
        if (finder.is_column(i) && same_identifier(identifier_of(finder.tokens()[i]), name)) return true;
    }
    return false;
}

std::string normalised(std::string_view sql) {
    auto significant = significant_tokens(sql);
    while (!significant.empty() && is_symbol(significant.back(), ";")) significant.pop_back();
    std::string result;
    for (Token const& token : significant) {
        if (!result.empty()) result += ' ';
        result += normalised_token(token);
    }
    return result;
}

}  // namespace evolver
