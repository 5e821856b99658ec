#include "dialect/postgresql/call_sql.hpp"

#include "dialect/postgresql/connection.hpp"
#include "evolver/plan/plan.hpp"
#include "evolver/schema/tokens.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace evolver::postgresql {

namespace {

bool is_symbol(Token const& token, std::string_view text) {
    return token.kind == TokenKind::symbol && token.text == text;
}

bool begins_query(Token const& token) {
    return is_keyword(token, "SELECT") || is_keyword(token, "WITH") || is_keyword(token, "VALUES") ||
           is_keyword(token, "TABLE");
}

/// Where the parenthesis that stands at `open` ends; nothing where it does not.
std::optional<std::size_t> end_of(std::vector<Token> const& all, std::size_t open) {
    std::size_t depth = 0;
    for (std::size_t i = open; i < all.size(); ++i) {
        if (is_symbol(all[i], "(")) ++depth;
        if (is_symbol(all[i], ")") && --depth == 0) return i;
    }
    return std::nullopt;
}

std::string call_column(std::size_t call) { return "evolver_call_" + std::to_string(call + 1); }

/// Takes expressions apart, and gathers their calls.
class Gathering {
public:
    Gathering(std::vector<Function> const& functions, std::string const& title)
        : functions_{functions}, title_{title} {}

    struct Part {
        std::string sql;                       ///< With a column for each call.
        std::size_t round;                     ///< So many rounds are over before it can be computed.
        std::optional<std::size_t> call = {};  ///< That it is, and nothing else.
    };

    /// No call of the part is made before round `first`.
    Part take(std::string_view sql, std::size_t first) {
        auto const all = significant_tokens(sql);
        Part part{.sql = {}, .round = first};
        std::vector<bool> queries;  // of the parentheses that are open: is it a sub-query?
        std::size_t copied = 0;
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (is_symbol(all[i], "(")) queries.push_back(i + 1 < all.size() && begins_query(all[i + 1]));
            if (is_symbol(all[i], ")") && !queries.empty()) queries.pop_back();
            auto const* const function = called(all, i);
            if (function == nullptr) continue;
            refuse_other_strings(sql, all);
            if (std::ranges::find(queries, true) != queries.end())
                refuse("the function \"" + function->name.text() +
                           "\" is called in a sub-query, and the server cannot call it for the rows there",
                       "call it for the row that is filled, outside of the sub-query");
            auto const end = end_of(all, i + 1);
            if (!end) refuse("the call of \"" + function->name.text() + "\" does not end", "close its parenthesis");
            auto const begins = all[i].offset;
            auto const number = take_call(*function, sql, all, i + 1, *end, first);
            part.sql += std::string{sql.substr(copied, begins - copied)} + call_column(number);
            copied = all[*end].offset + 1;
            part.round = std::max(part.round, calls_[number].round + 1);
            if (i == 0 && *end + 1 == all.size()) part.call = number;
            i = *end;
        }
        part.sql += sql.substr(copied);
        return part;
    }

    [[nodiscard]] bool calls(std::string_view sql) const {
        auto const all = significant_tokens(sql);
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (called(all, i) != nullptr) return true;
        }
        return false;
    }

    [[nodiscard]] std::vector<FunctionCall>& gathered() noexcept { return calls_; }

private:
    [[nodiscard]] Function const* called(std::vector<Token> const& all, std::size_t at) const {
        bool const is_call = (all[at].kind == TokenKind::word || all[at].kind == TokenKind::quoted) &&
                             at + 1 < all.size() && is_symbol(all[at + 1], "(") &&
                             (at == 0 || !is_symbol(all[at - 1], "."));  // behind a schema it is the server's
        if (!is_call) return nullptr;
        auto const found = std::ranges::find_if(
            functions_, [&](Function const& one) { return same_identifier(one.name.text(), identifier_of(all[at])); });
        return found == functions_.end() ? nullptr : &*found;
    }

    std::size_t take_call(Function const& function, std::string_view sql, std::vector<Token> const& all,
                          std::size_t open, std::size_t close, std::size_t first) {
        FunctionCall call{.function = function, .round = first};
        std::size_t depth = 0;
        auto begins = all[open].offset + 1;
        for (std::size_t i = open + 1; i <= close && open + 1 < close; ++i) {
            bool const ends = depth == 0 && (i == close || is_symbol(all[i], ","));
            if (ends) {
                auto part = take(sql.substr(begins, all[i].offset - begins), first);
                call.round = std::max(call.round, part.round);
                call.arguments.push_back({.sql = std::move(part.sql), .call = part.call});
                begins = all[i].offset + 1;
            }
            if (is_symbol(all[i], "(")) ++depth;
            if (is_symbol(all[i], ")") && depth > 0) --depth;
        }
        calls_.push_back(std::move(call));
        return calls_.size() - 1;
    }

    /// What the tokens are not made for: in E'\'' and $$…$$ a call would be seen that is none.
    void refuse_other_strings(std::string_view sql, std::vector<Token> const& all) const {
        bool other = sql.find("$$") != std::string_view::npos;
        for (std::size_t i = 0; i < all.size(); ++i) {
            other = other || all[i].kind == TokenKind::unfinished ||
                    (i > 0 && all[i].kind == TokenKind::string && is_keyword(all[i - 1], "E") &&
                     all[i].text.find('\\') != std::string_view::npos);
        }
        if (other)
            refuse("an expression that calls a C++ function has a string in E'…' or $$…$$, or one that does not end",
                   "write it in plain quotes, '…'");
    }

    [[noreturn]] void refuse(std::string const& what, std::string const& instead) const {
        throw PlanError{Failure{.what = title_ + ": " + what + ".", .instead = instead}};
    }

    std::vector<Function> const& functions_;
    std::string const& title_;
    std::vector<FunctionCall> calls_;
};

/// The parts of a condition that call nothing and all have to hold.
std::string chosen_before(std::string_view where, Gathering const& gathering) {
    auto const all = significant_tokens(where);
    std::vector<std::string_view> parts;
    std::size_t depth = 0;
    std::size_t begins = 0;
    for (auto const& token : all) {
        if (is_symbol(token, "(")) ++depth;
        if (is_symbol(token, ")") && depth > 0) --depth;
        if (depth > 0) continue;
        if (is_keyword(token, "OR") || is_keyword(token, "BETWEEN") || is_keyword(token, "CASE")) return "true";
        if (!is_keyword(token, "AND")) continue;
        parts.push_back(where.substr(begins, token.offset - begins));
        begins = token.offset + token.text.size();
    }
    parts.push_back(where.substr(begins));
    std::string text;
    for (auto const part : parts) {
        if (!gathering.calls(part)) text += fmt::format("{}({}\n)", text.empty() ? "" : " AND ", part);
    }
    return text.empty() ? "true" : text;
}

/// The type as a text is read for it: no longer one that the column takes is cut off then, but refused when it is stored.
std::string without_length(std::string const& type) {
    auto const open = type.find('(');
    auto const close = type.find(')', open);
    auto text = open == std::string::npos ? type : type.substr(0, open) + type.substr(close + 1);
    // Without a length these two have one of 1.
    auto const begins_with = [&](std::string const& word) { return text == word || text == word + "[]"; };
    if (begins_with("character")) return "bpchar" + text.substr(std::string{"character"}.size());
    if (begins_with("bit")) return "bit varying" + text.substr(std::string{"bit"}.size());
    return text;
}

std::size_t bounds_of(RowKey const& key, Range range) {
    switch (range) {
        case Range::all: return 0;
        case Range::after:
        case Range::until: return key.columns.size();
        case Range::after_until: return 2 * key.columns.size();
    }
    return 0;
}

/// The values so far, by the key: each row of them is one of the table.
std::string values(CalledTransform const& called, std::size_t round, RowKey const& key, Range range) {
    auto parameter = bounds_of(key, range);
    std::string arrays;
    std::string texts;
    std::string columns;
    auto const add = [&](std::string const& text, std::string const& column) {
        arrays += fmt::format("{}CAST({} AS text[])", arrays.empty() ? "" : ", ",
                              range == Range::all ? "'{}'" : "$" + std::to_string(++parameter));
        texts += text + ", ";
        columns += column + ", ";
    };
    auto const parts = found_by(key).columns;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        auto const text = "k" + std::to_string(i);
        add(text, fmt::format("CAST({} AS {}) AS evolver_key_{}", text, parts[i].type, i + 1));
    }
    for (std::size_t i = 0; i < called.calls.size(); ++i) {
        if (called.calls[i].round < round) add(call_column(i), call_column(i));
    }
    return fmt::format(
        "(SELECT {}evolver_row FROM unnest({}) WITH ORDINALITY AS texts({}evolver_row)) AS evolver_values", columns,
        arrays, texts);
}

std::string is_row_of_values(RowKey const& key) {
    auto const parts = found_by(key).columns;
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i)
        text += fmt::format(" AND {} = evolver_key_{}", quoted(parts[i].column.text()), i + 1);
    return text;
}

}  // namespace

std::vector<std::size_t> CalledTransform::calls_of(std::size_t round) const {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        if (calls[i].round == round) found.push_back(i);
    }
    return found;
}

std::optional<CalledTransform> take_apart(Transform const& transform, std::vector<Function> const& functions,
                                          std::vector<Side> set, std::string const& title) {
    Gathering gathering{functions, title};
    auto const& where = transform.where.text(Engine::postgresql);
    CalledTransform called{.transform = transform, .set = std::move(set), .chosen_before = {}};
    auto condition = gathering.take(where, 0);
    called.where_rounds = condition.round;
    called.chosen_before = condition.round == 0 ? where : chosen_before(where, gathering);
    called.transform.where = Expression{condition.sql};
    called.rounds = condition.round;
    for (std::size_t i = 0; i < transform.set.size(); ++i) {
        auto value = gathering.take(transform.set[i].value.text(Engine::postgresql), condition.round);
        called.rounds = std::max(called.rounds, value.round);
        if (value.call && i < called.set.size()) {
            auto const& type = called.set[i].type;
            gathering.gathered()[*value.call].type = type;
            value.sql = "CAST(" + call_column(*value.call) + " AS " + without_length(type) + ")";
        }
        called.transform.set[i].value = Expression{value.sql};
    }
    if (gathering.gathered().empty()) return std::nullopt;
    called.calls = std::move(gathering.gathered());
    return called;
}

RowKey found_by(RowKey key) {
    key.columns.push_back({.column = "tableoid", .type = "oid"});
    return key;
}

std::string rows_of_round(CalledTransform const& called, std::size_t round, std::string const& schema,
                          RowKey const& key, Range range, std::string const& besides) {
    auto const& table = called.transform.table.text();
    auto what = round == 0 ? columns_of(found_by(key)) : std::string{"evolver_row"};
    for (auto const i : called.calls_of(round)) {
        for (auto const& argument : called.calls[i].arguments) {
            if (!argument.call) what += ", (" + argument.sql + "\n)";
        }
    }
    auto const& where =
        round < called.where_rounds ? called.chosen_before : called.transform.where.text(Engine::postgresql);
    return fmt::format("SELECT {} FROM {}{} WHERE {} AND ({}\n){}{}", what, in_schema(schema, table),
                       round == 0 ? "" : ", " + values(called, round, key, range), in_range(key, range), where, besides,
                       round == 0 ? " FOR NO KEY UPDATE" : is_row_of_values(key));
}

std::string fill(CalledTransform const& called, std::string const& schema, RowKey const& key, Range range,
                 std::string const& besides) {
    std::string set;
    for (auto const& one : called.transform.set)
        set += fmt::format("{}{} = ({}\n)", set.empty() ? "" : ", ", quoted(one.column.text()),
                           one.value.text(Engine::postgresql));
    return fmt::format("UPDATE {} SET {} FROM {} WHERE {} AND ({}\n){}{}",
                       in_schema(schema, called.transform.table.text()), set, values(called, called.rounds, key, range),
                       in_range(key, range), called.transform.where.text(Engine::postgresql), besides,
                       is_row_of_values(key));
}

std::vector<std::string> call_checks(CalledTransform const& called, std::string const& schema, RowKey const& key) {
    std::vector<std::string> all;
    for (std::size_t round = 0; round < called.rounds; ++round)
        all.push_back("EXPLAIN " + rows_of_round(called, round, schema, key, Range::all, {}));
    all.push_back("EXPLAIN " + fill(called, schema, key, Range::all, {}));
    return all;
}

std::string is_own_name() {
    return "SELECT EXISTS (SELECT FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = "
           "lower($1)) "
           "OR EXISTS (SELECT FROM pg_get_keywords() WHERE catcode <> 'U' AND word = lower($1))";
}

std::string array_of(std::vector<std::optional<std::string>> const& texts) {
    std::string array = "{";
    for (auto const& text : texts) {
        if (array.size() > 1) array += ',';
        if (!text) {
            array += "NULL";
            continue;
        }
        array += '"';
        for (char const letter : *text) {
            if (letter == '"' || letter == '\\') array += '\\';
            array += letter;
        }
        array += '"';
    }
    return array + "}";
}

}  // namespace evolver::postgresql
