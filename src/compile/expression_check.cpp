#include "compile/expression_check.hpp"

#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/statement_fault.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/operation/effect.hpp"
#include "evolver/schema/tokens.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace evolver {

namespace {

constexpr std::array<std::string_view, 6> date_functions{"date",      "time",      "datetime",
                                                         "julianday", "unixepoch", "strftime"};

[[noreturn]] void refuse_expression(std::string const& title, std::string const& role, std::string const& text,
                                    std::string const& why, std::string instead = {}) {
    throw PlanError{
        Failure{.what = title + ": `" + role + "` = " + text + "\n  why:     " + why, .instead = std::move(instead)}};
}

class ExpressionCheck {
public:
    ExpressionCheck(sqlite::Connection const& schema, sqlite::PhysicalPair const& pair, std::string const& title)
        : schema_{schema}, pair_{pair}, title_{title} {}

    void expression(std::string const& role, std::string const& text) const {
        check_text(title_, role, text);
        deterministic(role, text);
        accepted_by_the_engine(role, text);
        cannot_raise(role, text);
    }

    void null_means_not_filled() const {
        std::string old_row;
        for (std::size_t i = 0; i < pair_.from.size(); ++i) {
            old_row +=
                (i > 0 ? ", " : "") + ("(" + pair_.down[i] + ") AS " + sqlite::quoted(pair_.from[i].column.text()));
        }
        std::string new_row;
        for (auto const& side : pair_.to)
            new_row += (new_row.empty() ? "" : ", ") + ("NULL AS " + sqlite::quoted(side.column.text()));
        for (std::size_t i = 0; i < pair_.up.size(); ++i) {
            std::string up = pair_.up[i];
            auto const value =
                schema_.scalar("SELECT (" + up + ") FROM (SELECT " + old_row + " FROM (SELECT " + new_row + "))");
            if (value == sqlite::Value{sqlite::Null{}}) continue;
            refuse("up", up,
                   "up(down(NULL)) is " + sqlite::to_text(value) +
                       ", and must be NULL: NULL in the new column means that it is not filled yet, so a NULL that the "
                       "new "
                       "release writes would come back as " +
                       sqlite::to_text(value) + ".",
                   "let `down` give NULL for NULL, or let `up` give NULL for what `down` makes of NULL: NULLIF(…)");
        }
    }

private:
    [[noreturn]] void refuse(std::string const& role, std::string const& text, std::string const& why,
                             std::string instead = {}) const {
        refuse_expression(title_, role, text, why, std::move(instead));
    }

    /// An index over the expression is refused by SQLite for exactly what a trigger must not hold: aggregates, sub-queries, functions that are not
    /// deterministic, functions that it does not know.
    void accepted_by_the_engine(std::string const& role, std::string const& text) const {
        try {
            // The plus changes nothing, but that SQLite takes 'text' alone for the name of a column there.
            schema_.run("CREATE INDEX evolver_probe ON " + sqlite::quoted(pair_.table.text()) + " ((+(" + text + ")))");
            schema_.run("DROP INDEX evolver_probe");
        } catch (EngineError const& error) {
            if (!sqlite::is_the_statements_fault(error)) throw;
            std::string message = error.what();
            message = message.substr(0, message.find('\n'));
            refuse(role, text, message + ".",
                   message.find("no such function") != std::string::npos
                       ? "use functions that SQLite has built in: programs without evolver fire this trigger, too"
                       : "");
        }
    }

    void deterministic(std::string const& role, std::string const& text) const {
        for (auto const& token : significant_tokens(text)) {
            std::string lower{token.text};
            std::transform(lower.begin(), lower.end(), lower.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
            bool const now =
                token.kind == TokenKind::string && lower.find("now") == 1 && lower.size() == 5 && dates(text);
            bool const current = token.kind == TokenKind::word && lower.starts_with("current_");
            if (token.kind == TokenKind::string && (lower == "'localtime'" || lower == "'utc'") && dates(text)) {
                refuse(role, text, "its value changes with the time zone of the program that asks.");
            }
            if (now || current || asks_for_now(text))
                refuse(role, text, "its value changes with the clock, so the two shapes could never be compared.");
        }
    }

    /// Does the text hold a function of dates?
    static bool dates(std::string const& text) {
        auto const all = significant_tokens(text);
        return std::any_of(all.begin(), all.end(), [](Token const& token) { return is_date_function(token); });
    }

    static bool is_date_function(Token const& token) {
        return std::any_of(date_functions.begin(), date_functions.end(),
                           [&](std::string_view name) { return is_keyword(token, name); });
    }

    /// `date()` and `strftime('%s')` mean now.
    static bool asks_for_now(std::string const& text) {
        auto const all = significant_tokens(text);
        for (std::size_t i = 0; i + 2 < all.size(); ++i) {
            if (!is_date_function(all[i]) || all[i + 1].text != "(") continue;
            std::size_t const last = is_keyword(all[i], "strftime") ? i + 3 : i + 2;
            if (last < all.size() && all[last].text == ")") return true;
        }
        return false;
    }

    void cannot_raise(std::string const& role, std::string const& text) const {
        auto const all = significant_tokens(text);
        bool const guarded =
            std::any_of(all.begin(), all.end(), [](Token const& token) { return is_keyword(token, "json_valid"); });
        for (auto const& token : all) {
            std::string lower{token.text};
            std::transform(lower.begin(), lower.end(), lower.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
            bool const json = (token.kind == TokenKind::word && lower.starts_with("json") && lower != "json_valid") ||
                              token.text == "->" || token.text == "->>";
            if (json && !guarded) {
                refuse(role, text,
                       "JSON functions raise an error for text that is no JSON, and an old program's statement would "
                       "fail with it.",
                       "CASE WHEN json_valid(" + (pair_.from.empty() ? "…" : pair_.from.front().column.text()) +
                           ") THEN " + text + " END");
            }
            if (token.kind == TokenKind::word && lower == "zeroblob") {
                refuse(role, text,
                       "zeroblob() raises an error for a length beyond SQLite's limit, and an old program's statement "
                       "would fail with it.");
            }
            if (token.kind == TokenKind::word && lower == "abs") {
                refuse(role, text,
                       "abs() raises an error for the smallest integer, and an old program's statement would fail with "
                       "it.",
                       "CASE WHEN x < 0 THEN -x ELSE x END");
            }
        }
    }

    sqlite::Connection const& schema_;
    sqlite::PhysicalPair const& pair_;
    std::string const& title_;
};

}  // namespace

/// `a) OR (b` would pass as part of a larger text, and mean something else there.
void check_text(std::string const& title, std::string const& role, std::string const& text) {
    auto const refuse = [&](std::string const& why, std::string instead = {}) {
        refuse_expression(title, role, text, why, std::move(instead));
    };
    int depth = 0;
    for (auto const& token : significant_tokens(text)) {
        if (token.kind == TokenKind::unfinished) refuse("a quote or a comment does not end.");
        if (token.kind == TokenKind::placeholder)
            refuse("it holds a placeholder; an expression has only columns and constants.");
        if (token.kind != TokenKind::symbol) continue;
        if (token.text == ";") refuse("it holds a semicolon; an expression is one value.");
        depth += token.text == "(" ? 1 : token.text == ")" ? -1 : 0;
        if (depth < 0) break;
    }
    if (depth != 0) refuse("its parentheses do not match.");
    for (auto const& token : tokens(text)) {
        if (token.kind == TokenKind::space && token.text.starts_with("--") && token.text.back() != '\n') {
            refuse("a comment at its end would swallow what follows.", "use /* … */, or leave the comment out");
        }
    }
}

void check_computed(sqlite::Connection const& schema, Name const& table, std::string const& text,
                    std::string const& title) {
    sqlite::PhysicalPair computed{.table = table, .from = {}, .to = {}, .up = {}, .down = {}};
    auto const physical = sqlite::inspect_table(schema, table);
    for (auto const& column : physical->columns) {
        if (mentions_column(text, column.name.text())) computed.from.push_back({column.name, sqlite::Affinity::none});
    }
    ExpressionCheck{schema, computed, title}.expression("generated", text);
}

void check_expressions(sqlite::Connection const& schema, sqlite::PhysicalPair const& pair, std::string const& title) {
    ExpressionCheck const check{schema, pair, title};
    for (auto const& up : pair.up) check.expression("up", up);
    for (auto const& down : pair.down) check.expression("down", down);
    check.null_means_not_filled();
}

}  // namespace evolver
