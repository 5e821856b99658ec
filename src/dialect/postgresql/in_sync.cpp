#include "dialect/postgresql/in_sync.hpp"

#include "dialect/postgresql/connection.hpp"
#include "evolver/schema/tokens.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace evolver::postgresql {

namespace {

/// `size` or `size AND …`: the parts that `part` gives, all of which have to hold.
template <class Part>
std::string all_of(std::size_t count, Part const& part) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += (i > 0 ? " AND " : "") + part(i);
    return text;
}

std::string without_modifier(std::string_view type) { return std::string{type.substr(0, type.find('('))}; }

}  // namespace

std::string as_column(Name const& column) { return quoted(column.text()); }

std::string spelled(std::string_view expression, Spelling const& spelling) {
    return replace_columns(expression,
                           [&](std::string const& name) -> std::optional<std::string> { return spelling(Name{name}); });
}

bool equal_is_same(Side const& side) {
    constexpr std::array<std::string_view, 13> exact{"smallint",
                                                     "integer",
                                                     "bigint",
                                                     "boolean",
                                                     "uuid",
                                                     "date",
                                                     "timestamp without time zone",
                                                     "timestamp with time zone",
                                                     "time without time zone",
                                                     "bytea",
                                                     "text",
                                                     "character varying",
                                                     "oid"};
    return !side.collated && std::ranges::find(exact, without_modifier(side.type)) != exact.end();
}

std::string same_values(Side const& side, std::string const& left, std::string const& right) {
    if (equal_is_same(side)) return left + " IS NOT DISTINCT FROM " + right;
    return "record_image_eq(ROW(" + left + "), ROW(" + right + "))";
}

std::string same(Side const& column, std::string const& expression, Spelling const& spelling) {
    // The line ends before the parenthesis: the expression may end with a comment.
    return same_values(column, spelling(column.column),
                       "CAST((" + spelled(expression, spelling) + "\n) AS " + column.type + ")");
}

std::string filled(PhysicalPair const& pair, Spelling const& spelling) {
    return all_of(pair.to.size(), [&](std::size_t i) { return same(pair.to[i], pair.up[i], spelling); });
}

std::string lossless(PhysicalPair const& pair, Spelling const& spelling) {
    return all_of(pair.from.size(), [&](std::size_t i) { return same(pair.from[i], pair.down[i], spelling); });
}

std::string in_sync(PhysicalPair const& pair, Spelling const& spelling) {
    return "(" + filled(pair, spelling) + ") OR (" + lossless(pair, spelling) + ")";
}

std::string all_null(std::vector<Side> const& columns, Spelling const& spelling) {
    return all_of(columns.size(), [&](std::size_t i) { return spelling(columns[i].column) + " IS NULL"; });
}

namespace {

bool may_raise(std::string_view expression) {
    constexpr std::array<std::string_view, 11> safe{"coalesce", "nullif", "lower",  "upper",   "trim", "ltrim",
                                                    "rtrim",    "concat", "length", "initcap", "md5"};
    auto const all = significant_tokens(expression);
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto const& token = all[i];
        bool const called = i + 1 < all.size() && all[i + 1].text == "(";
        auto const is_any_of = [&](auto const& words) {
            return std::ranges::any_of(words, [&](std::string_view word) { return is_keyword(token, word); });
        };
        if (token.kind == TokenKind::symbol) {
            constexpr std::array<std::string_view, 5> symbols{"(", ")", ",", "||", "="};
            if (std::ranges::find(symbols, token.text) == symbols.end()) return true;
        } else if (token.kind == TokenKind::word || token.kind == TokenKind::quoted) {
            constexpr std::array<std::string_view, 9> words{"case", "when", "then", "else", "end",
                                                            "is",   "not",  "and",  "or"};
            if (is_keyword(token, "cast") || (called && !is_any_of(safe) && !is_any_of(words))) return true;
        }
    }
    return false;
}

}  // namespace

namespace {

/// What pg_catalog has for the types below, before anybody else: it is searched first, and matches exactly.
bool is_of_the_server(Token const& word) {
    constexpr auto known = std::to_array<std::string_view>(
        {// keywords
         "and", "as", "between", "both", "case", "cast", "distinct", "else", "end", "false", "for", "from", "ilike",
         "in", "is", "leading", "like", "not", "null", "or", "then", "trailing", "true", "when",
         // types
         "bigint", "boolean", "bytea", "char", "character", "date", "decimal", "double", "float", "int", "integer",
         "interval", "numeric", "precision", "real", "smallint", "text", "time", "timestamp", "timestamptz", "uuid",
         "varchar", "varying", "with", "without", "zone",
         // functions
         "abs", "btrim", "ceil", "char_length", "coalesce", "concat", "concat_ws", "decode", "encode", "extract",
         "floor", "greatest", "initcap", "least", "left", "length", "lower", "lpad", "ltrim", "md5", "mod", "nullif",
         "position", "regexp_replace", "repeat", "replace", "reverse", "right", "round", "rpad", "rtrim", "split_part",
         "strpos", "substr", "substring", "translate", "trim"});
    return std::ranges::any_of(known, [&](std::string_view one) { return is_keyword(word, one); });
}

bool is_any_of(Side const& side, auto const& types) {
    return std::ranges::find(types, without_modifier(side.type)) != types.end();
}

bool is_of_the_server(Side const& side) {
    constexpr std::array<std::string_view, 5> more{"numeric", "real", "double precision", "character", "interval"};
    return equal_is_same(side) || is_any_of(side, more);
}

/// The names of a pair's expressions are its columns', or the server's own, which are found first on any search_path that does not itself say
/// otherwise.
bool is_path_independent(PhysicalPair const& pair, std::string_view expression) {
    return std::ranges::all_of(significant_tokens(expression), [&](Token const& token) {
        auto const is_column = [&](std::string_view name) {
            auto const has = [&](std::vector<Side> const& sides) {
                return std::ranges::any_of(sides,
                                           [&](Side const& side) { return side.column == Name{std::string{name}}; });
            };
            return has(pair.from) || has(pair.to);
        };
        constexpr auto own = std::to_array<std::string_view>(
            {"(", ")", ",", "||", "=", "<>", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "::"});
        if (token.kind == TokenKind::word) return is_of_the_server(token) || is_column(token.text);
        if (token.kind == TokenKind::quoted) return is_column(identifier_of(token));
        if (token.kind == TokenKind::symbol) return std::ranges::find(own, token.text) != own.end();
        return token.kind == TokenKind::string || token.kind == TokenKind::number;
    });
}

/// Is the expression a column of the pair as it is, of the type that it is to become?
bool is_copy(PhysicalPair const& pair, std::string_view expression, Side const& column) {
    auto const tokens = significant_tokens(expression);
    if (tokens.size() != 1 || (tokens[0].kind != TokenKind::word && tokens[0].kind != TokenKind::quoted)) return false;
    auto const quoted_name = identifier_of(tokens[0]);
    Name const name{quoted_name.empty() ? std::string{tokens[0].text} : quoted_name};
    auto const is_it = [&](Side const& side) { return side.type == column.type && side.column == name; };
    return std::ranges::any_of(pair.from, is_it) || std::ranges::any_of(pair.to, is_it);
}

/// No text is made of a moment, a floating-point number or bytes, or read for one.
bool is_setting_independent(PhysicalPair const& pair, std::string_view expression) {
    constexpr std::array<std::string_view, 9> plain{
        "smallint", "integer", "bigint", "boolean", "uuid", "text", "numeric", "character varying", "character"};
    constexpr auto telling = std::to_array<std::string_view>(
        {"bytea", "date", "double", "extract", "float", "interval", "real", "time", "timestamp", "timestamptz"});
    auto const is_plain = [&](Side const& side) { return is_any_of(side, plain); };
    return std::ranges::all_of(pair.from, is_plain) && std::ranges::all_of(pair.to, is_plain) &&
           std::ranges::none_of(significant_tokens(expression), [&](Token const& token) {
               return std::ranges::any_of(telling, [&](std::string_view word) { return is_keyword(token, word); });
           });
}

enum class Depends { on_nothing, on_settings, on_path };

Depends dependence_of(PhysicalPair const& pair) {
    auto worst = Depends::on_nothing;
    auto const see = [&](std::vector<std::string> const& expressions, std::vector<Side> const& sides) {
        for (std::size_t i = 0; i < sides.size(); ++i) {
            bool const is_known = is_of_the_server(sides[i]) && is_path_independent(pair, expressions[i]);
            bool const is_same =
                is_copy(pair, expressions[i], sides[i]) || is_setting_independent(pair, expressions[i]);
            worst = std::max(worst, !is_known ? Depends::on_path
                                    : is_same ? Depends::on_nothing
                                              : Depends::on_settings);
        }
    };
    see(pair.up, pair.to);
    see(pair.down, pair.from);
    return worst;
}

}  // namespace

std::string fixed_settings(std::vector<PhysicalPair> const& pairs) {
    auto worst = Depends::on_nothing;
    for (auto const& pair : pairs) worst = std::max(worst, dependence_of(pair));
    if (worst == Depends::on_nothing) return {};
    std::string text = worst == Depends::on_path ? "SET search_path FROM CURRENT " : "";
    // Fixed values, not those of whoever calls expand(): the next who does may have others.
    return text +
           "SET timezone TO 'UTC' SET datestyle TO 'ISO, MDY' SET intervalstyle TO 'postgres' SET "
           "extra_float_digits TO 1 SET bytea_output TO 'hex' ";
}

bool can_fail(PhysicalPair const& pair, std::string_view expression, Side const& column) {
    return !is_copy(pair, expression, column) && (column.type != "text" || may_raise(expression));
}

}  // namespace evolver::postgresql
