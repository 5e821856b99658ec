#include "dialect/sqlite/statements.hpp"

#include "evolver/operation/effect.hpp"
#include "evolver/schema/tokens.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <optional>

namespace evolver::sqlite {

namespace {

bool is_complete(std::string const& text) { return sqlite3_complete(text.c_str()) != 0; }

bool is_semicolon(Token const& token) { return token.kind == TokenKind::symbol && token.text == ";"; }

template <std::size_t Size>
bool is_any_keyword(Token const& token, std::array<std::string_view, Size> const& words) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return is_keyword(token, word); });
}

/// Settings that stand in the file, and questions: the transaction holds them, or they hold nothing.
constexpr std::array<std::string_view, 12> harmless_pragmas{
    "user_version",     "application_id", "defer_foreign_keys", "foreign_key_check", "integrity_check", "quick_check",
    "foreign_key_list", "table_info",     "table_xinfo",        "table_list",        "index_list",      "index_info"};

/// Takes the statements of one script one by one.
class Cleaner {
public:
    Cleaner(std::string_view script, std::string const& file, std::size_t first_line)
        : script_{script}, file_{file}, first_line_{first_line} {}

    TransactionScript clean() {
        std::size_t copied = 0;
        bool ends = true;
        for (auto const& statement : split(script_)) {
            auto const tokens = significant_tokens(statement.text);
            line_ = statement.line + first_line_ - 1;
            if (!statement.complete) {
                refuse("this statement never ends: a quote, a comment or a trigger is still open",
                       "close it; a trigger ends with \"END;\"");
            }
            if (takes_out(tokens)) {
                result_.sql += script_.substr(copied, statement.offset - copied);
                copied = statement.offset + statement.text.size();
                continue;
            }
            if (tokens.size() == 1 && is_semicolon(tokens.front())) continue;
            if (foreign_keys_on_) {
                line_ = *foreign_keys_on_;
                refuse("evolver runs migrations with foreign keys off, and statements follow that want them on",
                       "take the line out, and write what the cascades would do as statements of their own");
            }
            does_something_ = true;
            ends = statement.text.ends_with(';');
        }
        result_.sql += script_.substr(copied);
        if (!ends) result_.sql += "\n;";
        if (!result_.sql.ends_with('\n')) result_.sql += '\n';
        result_.does_nothing = !does_something_;
        return std::move(result_);
    }

private:
    [[noreturn]] void refuse(std::string const& why, std::string instead) const {
        auto const where = file_ + ":" + std::to_string(line_);
        throw PlanError{Failure{.what = where + ": " + why + ".", .object = file_, .instead = std::move(instead)}};
    }

    void note(std::string const& words) { result_.notes.push_back("line " + std::to_string(line_) + ": " + words); }

    /// True: the statement is left out. Throws where it can neither stay nor go.
    bool takes_out(std::vector<Token> const& tokens) {
        constexpr std::array<std::string_view, 3> transaction{"begin", "commit", "end"};
        auto const& first = tokens.front();
        if (is_any_keyword(first, transaction)) {
            note(upper(first.text) + " is left out: evolver runs the migration in one transaction with its own record");
            return true;
        }
        if (is_keyword(first, "rollback") &&
            std::none_of(tokens.begin(), tokens.end(), [](Token const& token) { return is_keyword(token, "to"); })) {
            refuse("ROLLBACK would undo evolver's own transaction", "take it out: what fails is rolled back anyway");
        }
        constexpr std::array<std::string_view, 3> outside{"vacuum", "attach", "detach"};
        if (is_any_keyword(first, outside)) {
            refuse(upper(first.text) + " cannot run inside a transaction, and a migration is one",
                   "take it out, and run it by hand or by the application");
        }
        if (first.kind == TokenKind::symbol && first.text == ".") {
            refuse("this is a command of the sqlite3 shell, no SQL", "take the line out");
        }
        for (auto const& token : tokens) {
            if (token.kind == TokenKind::placeholder) {
                refuse("the placeholder " + std::string{token.text} + " would be NULL: nobody binds a value to it",
                       "write the value, or fill it in before the text is read");
            }
        }
        return is_keyword(first, "pragma") && takes_out_pragma(tokens);
    }

    bool takes_out_pragma(std::vector<Token> const& tokens) {
        std::size_t at = 1;
        if (tokens.size() > 3 && tokens[2].text == ".") at = 3;
        if (at >= tokens.size()) return false;  // the engine says what is wrong with it
        auto const& name = tokens[at];
        if (!is_keyword(name, "foreign_keys")) {
            if (is_any_keyword(name, harmless_pragmas)) return false;
            refuse("PRAGMA " + std::string{name.text} +
                       " is a setting of the connection, which the migration shares "
                       "with the rest of evolver",
                   "take it out, and set it where the application opens the database");
        }
        bool const asks = at + 1 >= tokens.size() || is_semicolon(tokens[at + 1]);
        if (!asks && at + 2 < tokens.size())
            foreign_keys_on_ = switches_on(tokens[at + 2]) ? std::optional{line_} : std::nullopt;
        note("PRAGMA foreign_keys is left out: evolver runs migrations with foreign keys off");
        return true;
    }

    static bool switches_on(Token const& value) {
        auto const text = value.kind == TokenKind::string ? value.text.substr(1, value.text.size() - 2) : value.text;
        for (auto const* word : {"on", "yes", "true"}) {
            if (same_identifier(text, word)) return true;
        }
        return value.kind == TokenKind::number && value.text.find_first_not_of('0') != std::string_view::npos;
    }

    static std::string upper(std::string_view word) {
        std::string text{word};
        for (char& letter : text) {
            if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
        }
        return text;
    }

    std::string_view script_;
    std::string const& file_;
    std::size_t first_line_;
    std::size_t line_ = 0;
    std::optional<std::size_t> foreign_keys_on_ = {};  // the line that switches them on
    bool does_something_ = false;
    TransactionScript result_ = {};
};

}  // namespace

std::vector<ScriptStatement> split(std::string_view script) {
    std::vector<ScriptStatement> statements;
    std::optional<std::size_t> begin;
    std::size_t end = 0;
    std::size_t line = 1;
    std::size_t counted = 0;
    auto const add = [&](bool complete) {
        line += static_cast<std::size_t>(std::count(script.begin() + static_cast<std::ptrdiff_t>(counted),
                                                    script.begin() + static_cast<std::ptrdiff_t>(*begin), '\n'));
        counted = *begin;
        statements.push_back(
            {.text = script.substr(*begin, end - *begin), .offset = *begin, .line = line, .complete = complete});
        begin.reset();
    };
    for (auto const& token : tokens(script)) {
        if (token.kind == TokenKind::space) continue;
        if (!begin) begin = token.offset;
        end = token.offset + token.text.size();
        // The lexer proposes, the engine decides.
        if (is_semicolon(token) && is_complete(std::string{script.substr(*begin, end - *begin)})) add(true);
    }
    if (begin) add(is_complete(std::string{script.substr(*begin, end - *begin)} + "\n;"));
    return statements;
}

TransactionScript for_transaction(std::string_view script, std::string const& file, std::size_t first_line) {
    return Cleaner{script, file, first_line}.clean();
}

}  // namespace evolver::sqlite
