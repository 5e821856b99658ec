#include "dialect/sqlite/create_text.hpp"

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/parsed_table.hpp"
#include "dialect/sqlite/token_reader.hpp"

#include <algorithm>

namespace evolver::sqlite {

namespace {

ParsedColumn const& column_of(ParsedTable const& table, Name const& column, std::string_view text) {
    if (auto const* found = table.find(column)) return *found;
    throw Error{Failure{.what = "the CREATE TABLE text has no column " + quoted(column.text()),
                        .object = "column " + column.text(),
                        .instead = "check the name of the column",
                        .sql = std::string{text}}};
}

bool is_blank(char letter) {
    return letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r' || letter == '\f';
}

/// `text` without its bytes in `span`, and without the blanks before them, so that no gap shows; but two tokens never
/// grow together.
std::string without(std::string_view text, Span span) {
    std::size_t begin = span.begin;
    while (begin > 0 && is_blank(text[begin - 1])) --begin;
    // A line comment before the span ends at the line's end, which must stay; it is simplest to keep any line end.
    if (text.substr(begin, span.begin - begin).find('\n') != std::string_view::npos) begin = span.begin;
    std::string result{text.substr(0, begin)};
    std::string_view const rest = text.substr(span.end);
    bool const separated = rest.empty() || is_blank(rest.front()) || rest.front() == ',' || rest.front() == ')';
    if (!separated) result += ' ';
    return result.append(rest);
}

template <class Unwanted>
std::string without_clauses_if(std::string_view text, ParsedColumn const& column, Unwanted const& unwanted) {
    std::string result{text};
    // From the back, so that the offsets of the ones before stay right.
    for (auto clause = column.clauses.rbegin(); clause != column.clauses.rend(); ++clause) {
        if (unwanted(*clause)) result = without(result, clause->span);
    }
    return result;
}

std::string without_clauses(std::string_view text, ParsedColumn const& column, ClauseKind kind) {
    return without_clauses_if(text, column, [&](ParsedClause const& clause) { return clause.kind == kind; });
}

/// A constraint of the table, with the comma before it. Constraints may follow one another without commas: then the comma stays for the
/// next one, which would else become a part of the column before.
std::string without_item(std::string_view text, Span span) {
    auto const tokens = significant_tokens(text);
    auto const first =
        std::find_if(tokens.begin(), tokens.end(), [&](Token const& token) { return token.offset == span.begin; });
    auto const next = std::find_if(first, tokens.end(), [&](Token const& token) { return token.offset >= span.end; });
    bool const comma_before = first != tokens.begin() && std::prev(first)->text == ",";
    bool const last_of_item = next == tokens.end() || next->text == "," || next->text == ")";
    if (comma_before && last_of_item) span.begin = std::prev(first)->offset;
    return without(text, span);
}

template <class Unwanted>
std::string without_constraints_if(std::string_view create_table, Unwanted const& unwanted) {
    auto const table = parse_table(create_table);
    std::string result{create_table};
    for (auto clause = table.constraints.rbegin(); clause != table.constraints.rend(); ++clause) {
        if (unwanted(*clause)) result = without_item(result, clause->span);
    }
    for (auto column = table.columns.rbegin(); column != table.columns.rend(); ++column)
        result = without_clauses_if(result, *column, unwanted);
    return result;
}

std::string with_constraint(std::string_view create_table, std::string const& clause) {
    auto const end = parse_table(create_table).body_end;
    std::string result{create_table.substr(0, end)};
    // A line comment at the end of the list must not swallow the constraint.
    bool const has_comment = result.find("--") != std::string::npos;
    return result.append(has_comment ? "\n, " : ", ").append(clause).append(create_table.substr(end));
}

bool same_names(std::vector<Name> const& one, std::vector<Name> const& other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end());
}

std::string with_clause(std::string_view text, Name const& column, std::string_view clause) {
    auto const table = parse_table(text);
    auto const head_end = column_of(table, column, text).head_end;
    std::string result{text.substr(0, head_end)};
    result.append(" ").append(clause);
    std::string_view const rest = text.substr(head_end);
    // `a/**/NOT NULL` and `"a"DEFAULT 1` are legal: the clause must not grow together with what follows.
    if (!rest.empty() && !is_blank(rest.front()) && rest.front() != ',' && rest.front() != ')') result += ' ';
    return result.append(rest);
}

/// A literal, with a sign or without, may stand behind DEFAULT as it is; anything else needs parentheses. A bare word
/// does too: without them SQLite takes it for a text.
std::string default_clause(std::string_view text) {
    auto const significant = significant_tokens(text);
    if (significant.empty())
        throw Error{Failure{.what = "a default is empty", .instead = "write its SQL, such as 0 or 'new'"}};
    auto const kind = significant.back().kind;
    bool const literal_kind = kind == TokenKind::number || kind == TokenKind::string || kind == TokenKind::blob;
    bool const sign = significant.front().text == "-" || significant.front().text == "+";
    if (literal_kind && significant.size() == (sign ? 2U : 1U)) {
        return "DEFAULT " + std::string{sign ? significant.front().text : ""} + std::string{significant.back().text};
    }
    return "DEFAULT " + enclosed(text);
}

std::string column_list(std::vector<Name> const& columns) {
    std::string result;
    for (Name const& column : columns) {
        if (!result.empty()) result += ", ";
        result += quoted(column.text());
    }
    return result;
}

/// Reads `CREATE TRIGGER … UPDATE` up to the event; false for other events.
bool read_to_update(TokenReader& reader) {
    reader.expect("CREATE");
    if (!reader.accept("TEMP")) reader.accept("TEMPORARY");
    reader.expect("TRIGGER");
    if (reader.at("IF") && reader.then("NOT")) {
        reader.take();
        reader.take();
        reader.expect("EXISTS");
    }
    reader.name();
    if (reader.accept_symbol(".")) reader.name();
    if (reader.accept("INSTEAD"))
        reader.expect("OF");
    else if (!reader.accept("BEFORE"))
        reader.accept("AFTER");
    if (reader.accept("INSERT") || reader.accept("DELETE")) return false;
    reader.expect("UPDATE");
    return true;
}

}  // namespace

std::string with_not_null(std::string_view create_table, Name const& column) {
    auto const table = parse_table(create_table);
    ParsedColumn const& found = column_of(table, column, create_table);
    for (ParsedClause const& clause : found.clauses) {
        if (clause.kind == ClauseKind::not_null) return std::string{create_table};
    }
    return with_clause(without_clauses(create_table, found, ClauseKind::null), column, "NOT NULL");
}

std::string without_not_null(std::string_view create_table, Name const& column) {
    auto const table = parse_table(create_table);
    return without_clauses(create_table, column_of(table, column, create_table), ClauseKind::not_null);
}

std::string with_default(std::string_view create_table, Name const& column, std::string_view default_text) {
    auto const table = parse_table(create_table);
    auto const bare = without_clauses(create_table, column_of(table, column, create_table), ClauseKind::default_value);
    return with_clause(bare, column, default_clause(default_text));
}

std::string without_default(std::string_view create_table, Name const& column) {
    auto const table = parse_table(create_table);
    return without_clauses(create_table, column_of(table, column, create_table), ClauseKind::default_value);
}

std::string enclosed(std::string_view expression) {
    bool const has_comment = expression.find("--") != std::string_view::npos;
    return "(" + std::string{expression} + (has_comment ? "\n)" : ")");
}

std::string check_clause(Check const& check) {
    std::string const name = check.name.empty() ? "" : "CONSTRAINT " + quoted(check.name) + " ";
    return name + "CHECK " + enclosed(check.condition.text(Engine::sqlite));
}

std::string with_check(std::string_view create_table, Check const& check) {
    return with_constraint(create_table, check_clause(check));
}

std::string without_check(std::string_view create_table, Check const& check) {
    return without_constraints_if(create_table, [&](ParsedClause const& clause) {
        if (clause.kind != ClauseKind::check) return false;
        if (!check.name.empty()) return same_identifier(clause.name, check.name);
        return clause.name.empty() && normalised(clause.body) == normalised(check.condition.text(Engine::sqlite));
    });
}

std::string foreign_key_clause(ForeignKey const& key) {
    std::string const name = key.name.empty() ? "" : "CONSTRAINT " + quoted(key.name) + " ";
    std::string const referenced = key.referenced.empty() ? "" : " (" + column_list(key.referenced) + ")";
    return name + "FOREIGN KEY (" + column_list(key.columns) + ") REFERENCES " + quoted(key.table.text()) + referenced +
           " ON DELETE " + key.on_delete + " ON UPDATE " + key.on_update +
           (key.deferred ? " DEFERRABLE INITIALLY DEFERRED" : "");
}

std::string with_foreign_key(std::string_view create_table, ForeignKey const& key) {
    return with_constraint(create_table, foreign_key_clause(key));
}

std::string without_foreign_key(std::string_view create_table, ForeignKey const& key) {
    return without_constraints_if(create_table, [&](ParsedClause const& clause) {
        if (clause.kind != ClauseKind::references || !clause.reference) return false;
        if (!key.name.empty()) return same_identifier(clause.name, key.name);
        return clause.name.empty() && clause.reference->table == key.table &&
               same_names(clause.reference->columns, key.columns) &&
               (key.referenced.empty() || same_names(clause.reference->referenced, key.referenced));
    });
}

std::string without_column(std::string_view create_table, Name const& column) {
    auto const table = parse_table(create_table);
    Span span = column_of(table, column, create_table).span;
    auto const tokens = significant_tokens(create_table);
    auto const first =
        std::find_if(tokens.begin(), tokens.end(), [&](Token const& token) { return token.offset >= span.begin; });
    auto const next = std::find_if(first, tokens.end(), [&](Token const& token) { return token.offset >= span.end; });
    if (first != tokens.begin() && std::prev(first)->text == ",")
        span.begin = std::prev(first)->offset;
    else if (next != tokens.end() && next->text == ",")
        span.end = next->offset + 1;
    return without(create_table, span);
}

std::string with_primary_key(std::string_view create_table, std::vector<Name> const& columns) {
    auto text = without_constraints_if(
        create_table, [](ParsedClause const& clause) { return clause.kind == ClauseKind::primary_key; });
    for (auto const& column : columns) text = with_not_null(text, column);
    return with_constraint(text, "PRIMARY KEY (" + column_list(columns) + ")");
}

std::string without_unique(std::string_view create_table, UniqueKey const& key) {
    return without_constraints_if(create_table, [&](ParsedClause const& clause) {
        if (clause.kind != ClauseKind::unique) return false;
        if (!key.name.empty()) return same_identifier(clause.name, key.name);
        return clause.name.empty() && same_names(clause.columns, key.columns);
    });
}

std::string without_rules(std::string_view create_table, Rows rows) {
    return without_constraints_if(create_table, [rows](ParsedClause const& clause) {
        return clause.kind == ClauseKind::references || clause.kind == ClauseKind::check ||
               clause.kind == ClauseKind::unique || (clause.kind == ClauseKind::primary_key && rows == Rows::by_rowid);
    });
}

bool is_autoincrement(std::string_view create_table) {
    auto const significant = significant_tokens(create_table);
    return std::any_of(significant.begin(), significant.end(),
                       [](Token const& token) { return is_keyword(token, "AUTOINCREMENT"); });
}

std::string named_table(std::string_view create_table, Name const& table) {
    TokenReader reader{create_table, "CREATE TABLE"};
    reader.expect("CREATE");
    reader.expect("TABLE");
    auto const begin = reader.offset();
    reader.name();
    return std::string{create_table.substr(0, begin)} + quoted(table.text()) +
           std::string{create_table.substr(reader.last_end())};
}

std::string named_index(std::string_view create_index, Name const& index, Name const& table) {
    TokenReader reader{create_index, "CREATE INDEX"};
    reader.expect("CREATE");
    reader.accept("UNIQUE");
    reader.expect("INDEX");
    auto const name = reader.offset();
    reader.name();
    auto const on = reader.last_end();
    reader.expect("ON");
    auto const of = reader.offset();
    reader.name();
    return std::string{create_index.substr(0, name)} + quoted(index.text()) +
           std::string{create_index.substr(on, of - on)} + quoted(table.text()) +
           std::string{create_index.substr(reader.last_end())};
}

// Comments mark what was put in: SQLite keeps them when it renames a column in the list, so the way back needs no
// memory.
static constexpr std::string_view narrowed_begin = " OF /* evolver: the columns that it was written for */ ";
static constexpr std::string_view narrowed_end = " /* evolver: until contract */";

std::string narrowed_trigger(std::string_view create_trigger, std::vector<Name> const& columns) {
    TokenReader reader{create_trigger, "CREATE TRIGGER"};
    if (!read_to_update(reader) || reader.at("OF")) return std::string{create_trigger};
    std::size_t const update_end = reader.last_end();
    reader.expect("ON");
    if (columns.empty()) {
        throw Error{Failure{.what = "a trigger cannot be narrowed to no columns", .sql = std::string{create_trigger}}};
    }
    std::string result{create_trigger.substr(0, update_end)};
    result.append(narrowed_begin).append(column_list(columns)).append(narrowed_end);
    return result.append(create_trigger.substr(update_end));
}

std::string widened_trigger(std::string_view create_trigger) {
    std::string result{create_trigger};
    auto const begin = result.find(narrowed_begin);
    auto const end = result.find(narrowed_end);
    if (begin == std::string::npos || end == std::string::npos || end < begin) return result;
    return result.erase(begin, end + narrowed_end.size() - begin);
}

}  // namespace evolver::sqlite
