#include "dialect/postgresql/script.hpp"

#include "evolver/operation/effect.hpp"
#include "evolver/schema/name.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>

namespace evolver::postgresql {

namespace {

bool is_space(char letter) {
    return letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r' || letter == '\f' || letter == '\v';
}
bool starts_word(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '_' ||
           static_cast<unsigned char>(letter) >= 0x80;
}
bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }
bool continues_word(char letter) { return starts_word(letter) || is_digit(letter) || letter == '$'; }

enum class Kind { space, word, quoted, other, unfinished };

struct Piece {
    Kind kind;
    std::string_view text;
    std::size_t offset;
};

bool is(Piece const& piece, std::string_view word) {
    return piece.kind == Kind::word && same_identifier(piece.text, word);
}

/// Cuts one piece at a time from the front of a text.
class Lexer {
public:
    explicit Lexer(std::string_view sql) : sql_{sql} {}

    [[nodiscard]] bool done() const { return begin_ == sql_.size(); }

    Piece next() {
        auto const kind = scan();
        Piece const piece{kind, sql_.substr(begin_, end_ - begin_), begin_};
        begin_ = end_;
        return piece;
    }

private:
    [[nodiscard]] char at(std::size_t ahead) const {
        return begin_ + ahead < sql_.size() ? sql_[begin_ + ahead] : '\0';
    }
    template <typename Predicate>
    Kind take_while(std::size_t from, Predicate const& predicate, Kind kind) {
        end_ = begin_ + from;
        while (end_ < sql_.size() && predicate(sql_[end_])) ++end_;
        return kind;
    }
    Kind take(std::size_t length, Kind kind) {
        end_ = begin_ + length;
        return kind;
    }

    Kind scan() {
        char const first = at(0);
        if (is_space(first)) return take_while(1, is_space, Kind::space);
        if (first == '-' && at(1) == '-')
            return take_while(
                2, [](char letter) { return letter != '\n'; }, Kind::space);
        if (first == '/' && at(1) == '*') return comment();
        if (first == '\'') return quote(1, '\'', false, Kind::other);
        if (first == '"') return quote(1, '"', false, Kind::quoted);
        if ((first == 'e' || first == 'E') && at(1) == '\'') return quote(2, '\'', true, Kind::other);
        if (first == '$') return dollar_quote();
        if (starts_word(first)) return take_while(1, continues_word, Kind::word);
        if (is_digit(first)) return take_while(1, continues_word, Kind::other);
        return take(1, Kind::other);
    }

    Kind comment() {
        std::size_t depth = 0;
        for (end_ = begin_; end_ + 1 < sql_.size();) {
            auto const two = sql_.substr(end_, 2);
            if (two == "/*") {
                ++depth;
                end_ += 2;
            } else if (two == "*/") {
                --depth;
                end_ += 2;
            } else {
                ++end_;
            }
            if (depth == 0) return Kind::space;
        }
        return take(sql_.size() - begin_, Kind::unfinished);
    }

    /// Inside of quotes a doubled quote stands for one, and a backslash for what follows, where those count.
    Kind quote(std::size_t from, char mark, bool backslashes, Kind kind) {
        for (end_ = begin_ + from; end_ < sql_.size(); ++end_) {
            if (backslashes && sql_[end_] == '\\') {
                ++end_;
                continue;
            }
            if (sql_[end_] != mark) continue;
            if (end_ + 1 < sql_.size() && sql_[end_ + 1] == mark) {
                ++end_;
                continue;
            }
            ++end_;
            return kind;
        }
        return take(sql_.size() - begin_, Kind::unfinished);
    }

    /// $$ or $tag$; `$1` is a parameter.
    Kind dollar_quote() {
        auto const tag_end = std::find_if_not(sql_.begin() + static_cast<std::ptrdiff_t>(begin_) + 1, sql_.end(),
                                              [](char letter) { return letter != '$' && continues_word(letter); });
        auto const length = static_cast<std::size_t>(tag_end - sql_.begin()) - begin_ + 1;
        if (tag_end == sql_.end() || *tag_end != '$' || is_digit(at(1))) return take(1, Kind::other);
        auto const closing = sql_.find(sql_.substr(begin_, length), begin_ + length);
        if (closing == std::string_view::npos) return take(sql_.size() - begin_, Kind::unfinished);
        return take(closing + length - begin_, Kind::other);
    }

    std::string_view sql_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

std::vector<Piece> pieces_of(std::string_view sql) {
    std::vector<Piece> pieces;
    for (Lexer lexer{sql}; !lexer.done();) {
        auto const piece = lexer.next();
        if (piece.kind != Kind::space) pieces.push_back(piece);
    }
    return pieces;
}

/// Where a statement is, so that a semicolon in it may end nothing.
class Nesting {
public:
    void see(Piece const& piece) {
        ++seen_;
        if (piece.text == "(" || piece.text == "[") ++open_;
        if ((piece.text == ")" || piece.text == "]") && open_ > 0) --open_;
        if (seen_ == 1) makes_ = is(piece, "create");
        makes_function_ =
            makes_function_ || (makes_ && seen_ <= 4 && (is(piece, "function") || is(piece, "procedure")));
        if (!makes_function_) return;
        // BEGIN ATOMIC; within it, CASE ends with END, too.
        if (is(piece, "begin") || (body_ > 0 && is(piece, "case"))) ++body_;
        if (is(piece, "end") && body_ > 0) --body_;
    }
    [[nodiscard]] bool ends(Piece const& piece) const { return piece.text == ";" && open_ == 0 && body_ == 0; }

private:
    std::size_t seen_ = 0;
    std::size_t open_ = 0;
    std::size_t body_ = 0;
    bool makes_ = false;
    bool makes_function_ = false;
};

bool begins_with(std::vector<Piece> const& pieces, std::initializer_list<std::string_view> words) {
    if (pieces.size() < words.size()) return false;
    return std::equal(words.begin(), words.end(), pieces.begin(),
                      [](std::string_view word, Piece const& piece) { return is(piece, word); });
}

bool says(std::vector<Piece> const& pieces, std::string_view word) {
    return std::ranges::any_of(pieces, [&](Piece const& piece) { return is(piece, word); });
}

std::string upper(std::string_view word) {
    std::string text{word};
    for (char& letter : text) {
        if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
    }
    return text;
}

/// Why a statement can neither stay nor go, and what to do instead.
struct Objection {
    std::string why;
    std::string instead;
};

bool is_of_the_transaction(std::vector<Piece> const& pieces) {
    if (begins_with(pieces, {"commit", "prepared"})) return false;
    return begins_with(pieces, {"begin"}) || begins_with(pieces, {"start", "transaction"}) ||
           begins_with(pieces, {"commit"}) || begins_with(pieces, {"end"});
}

std::optional<Objection> objection_to(std::vector<Piece> const& pieces) {
    auto const first = upper(pieces.front().text);
    if (pieces.front().text == "\\") return Objection{"this is a command of psql, no SQL", "take the line out"};
    for (auto const* word : {"rollback", "abort", "savepoint", "release"}) {
        if (is(pieces.front(), word))
            return Objection{first + " would undo or cut the transaction that evolver runs the migration in",
                             "take it out: what fails is rolled back anyway"};
    }
    bool const outside =
        begins_with(pieces, {"vacuum"}) || begins_with(pieces, {"alter", "system"}) ||
        begins_with(pieces, {"commit", "prepared"}) || begins_with(pieces, {"create", "database"}) ||
        begins_with(pieces, {"drop", "database"}) || begins_with(pieces, {"create", "tablespace"}) ||
        begins_with(pieces, {"drop", "tablespace"}) || begins_with(pieces, {"create", "subscription"}) ||
        (says(pieces, "concurrently") && (begins_with(pieces, {"create"}) || begins_with(pieces, {"drop"}) ||
                                          begins_with(pieces, {"reindex"}) || begins_with(pieces, {"alter", "table"})));
    if (outside)
        return Objection{first + (says(pieces, "concurrently") ? " … CONCURRENTLY" : "") +
                             " cannot run inside of a transaction, and a migration is one",
                         says(pieces, "index") ? "make it by CreateIndex or DropIndex, which work beside writers"
                                               : "take it out, and run it by hand"};
    bool const stays = begins_with(pieces, {"prepare"}) || begins_with(pieces, {"discard"}) ||
                       begins_with(pieces, {"listen"}) || begins_with(pieces, {"reset"}) ||
                       begins_with(pieces, {"load"}) ||
                       (begins_with(pieces, {"set"}) && !begins_with(pieces, {"set", "local"}) &&
                        !begins_with(pieces, {"set", "constraints"}));
    if (stays)
        return Objection{first + " would outlive the migration in a connection that others use",
                         "take it out, or write SET LOCAL, which ends with the migration"};
    if (begins_with(pieces, {"copy"}) && says(pieces, "stdin"))
        return Objection{"the rows behind COPY … FROM STDIN are no SQL", "write them as INSERT"};
    if (begins_with(pieces, {"copy"}) && says(pieces, "stdout"))
        return Objection{"nobody reads what COPY … TO STDOUT sends", "take it out"};
    return std::nullopt;
}

}  // namespace

std::vector<ScriptStatement> split(std::string_view script) {
    std::vector<ScriptStatement> statements;
    std::optional<std::size_t> begin;
    std::size_t end = 0;
    std::size_t line = 1;
    std::size_t counted = 0;
    Nesting nesting;
    auto const add = [&](bool complete) {
        line += static_cast<std::size_t>(std::count(script.begin() + static_cast<std::ptrdiff_t>(counted),
                                                    script.begin() + static_cast<std::ptrdiff_t>(*begin), '\n'));
        counted = *begin;
        statements.push_back(
            {.text = script.substr(*begin, end - *begin), .offset = *begin, .line = line, .complete = complete});
        begin.reset();
        nesting = {};
    };
    bool finished = true;
    for (Lexer lexer{script}; !lexer.done();) {
        auto const piece = lexer.next();
        if (piece.kind == Kind::space) continue;
        if (!begin) begin = piece.offset;
        end = piece.offset + piece.text.size();
        finished = piece.kind != Kind::unfinished;
        nesting.see(piece);
        if (nesting.ends(piece)) add(true);
    }
    if (begin) add(finished && nesting.ends({Kind::other, ";", end}));
    return statements;
}

TransactionScript for_transaction(std::string_view script, std::string const& file, std::size_t first_line) {
    TransactionScript result;
    std::size_t copied = 0;
    bool does_something = false;
    bool ends = true;
    for (auto const& statement : split(script)) {
        auto const line = std::to_string(statement.line + first_line - 1);
        auto const refuse = [&](Objection const& objection) {
            throw PlanError{Failure{
                .what = file + ":" + line + ": " + objection.why + ".", .object = file, .instead = objection.instead}};
        };
        if (!statement.complete)
            refuse(
                {"this statement never ends: a quote, a comment, a parenthesis or the body of a function is "
                 "still open",
                 "close it"});
        auto const pieces = pieces_of(statement.text);
        if (is_of_the_transaction(pieces)) {
            result.sql += script.substr(copied, statement.offset - copied);
            copied = statement.offset + statement.text.size();
            result.notes.push_back("line " + line + ": " + upper(pieces.front().text) +
                                   " is left out: evolver runs the migration in one transaction with its own record");
            continue;
        }
        if (pieces.size() == 1 && pieces.front().text == ";") continue;
        if (auto const objection = objection_to(pieces)) refuse(*objection);
        does_something = true;
        ends = statement.text.ends_with(';');
    }
    result.sql += script.substr(copied);
    if (!ends) result.sql += "\n;";
    if (!result.sql.ends_with('\n')) result.sql += '\n';
    result.does_nothing = !does_something;
    return result;
}

std::vector<std::string> statements_of(std::string const& script) {
    std::vector<std::string> found;
    for (auto const& statement : split(script)) {
        auto const pieces = pieces_of(statement.text);
        if (pieces.size() == 1 && pieces.front().text == ";") continue;
        auto objection = objection_to(pieces);
        if (!objection && is_of_the_transaction(pieces))
            objection = Objection{"the steps of a migration are one transaction already, with evolver's own record",
                                  "leave it out"};
        if (!objection && !statement.complete)
            objection = Objection{"a quote, a comment, a parenthesis or the body of a function never ends", "close it"};
        if (objection)
            throw PlanError{Failure{.what = "RawSql, line " + std::to_string(statement.line) + ", " +
                                            upper(pieces.front().text) + ": " + objection->why + ".",
                                    .object = "RawSql",
                                    .instead = objection->instead}};
        found.emplace_back(statement.text);
    }
    return found;
}

bool controls_transaction(std::string_view statement) {
    auto const pieces = pieces_of(statement);
    return !pieces.empty() &&
           (is_of_the_transaction(pieces) || begins_with(pieces, {"rollback"}) || begins_with(pieces, {"abort"}) ||
            begins_with(pieces, {"savepoint"}) || begins_with(pieces, {"release"}));
}

bool drops_type(std::string_view statement) {
    auto const pieces = pieces_of(statement);
    return begins_with(pieces, {"drop", "type"}) || begins_with(pieces, {"drop", "domain"});
}

std::string first_word(std::string_view sql) {
    for (Lexer lexer{sql}; !lexer.done();) {
        auto const piece = lexer.next();
        if (piece.kind == Kind::space || piece.text == "(") continue;
        return piece.kind == Kind::word ? std::string{piece.text} : std::string{};
    }
    return {};
}

WithNumbers with_numbers(std::string_view sql) {
    std::vector<Piece> pieces;
    for (Lexer lexer{sql}; !lexer.done();) pieces.push_back(lexer.next());
    constexpr std::size_t most_digits = 5;  // the server has 65,535 of them
    auto const number_after = [&](std::size_t i) -> std::size_t {
        if (i + 1 >= pieces.size()) return 0;
        auto const& digits = pieces[i + 1].text;
        bool const is_number = digits.size() <= most_digits && std::ranges::all_of(digits, is_digit);
        return is_number ? std::stoul(std::string{digits}) : 0;
    };
    WithNumbers numbered{.sql = std::string{sql}, .placeholders = 0};
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (pieces[i].text == "$") numbered.placeholders = std::max(numbered.placeholders, number_after(i));
    }
    if (numbered.placeholders > 0) return numbered;
    numbered.sql.clear();
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (pieces[i].text != "?") {
            numbered.sql += pieces[i].text;
            continue;
        }
        auto number = number_after(i);
        if (number > 0) ++i;
        if (number == 0) number = numbered.placeholders + 1;
        numbered.placeholders = std::max(numbered.placeholders, number);
        numbered.sql += "$" + std::to_string(number);
    }
    return numbered;
}

}  // namespace evolver::postgresql
