#include "dialect/postgresql/key_range.hpp"

#include "dialect/postgresql/connection.hpp"

#include <fmt/format.h>

namespace evolver::postgresql {

namespace {

/// "CAST($1 AS bigint), CAST($2 AS text)"
template <class Value>
std::string typed(RowKey const& key, Value const& value) {
    std::string text;
    for (std::size_t i = 0; i < key.columns.size(); ++i)
        text += fmt::format("{}CAST({} AS {})", i == 0 ? "" : ", ", value(i), key.columns[i].type);
    return text;
}

std::string parameters(RowKey const& key, std::size_t first) {
    return typed(key, [&](std::size_t i) { return "$" + std::to_string(first + i); });
}

std::string literals(RowKey const& key, std::vector<std::string> const& parts) {
    return typed(key, [&](std::size_t i) { return literal(parts[i]); });
}

/// Another process reads it, whose DateStyle may be another: JSON has days and moments in the order of ISO 8601, whatever the session's.
std::string as_text(Side const& side, std::string_view row = {}) {
    auto const column = std::string{row} + quoted(side.column.text());
    bool const is_moment = side.type.starts_with("date") || side.type.starts_with("timestamp");
    return is_moment ? "to_jsonb(" + column + ") #>> '{}'" : column;
}

std::string as_texts(RowKey const& key) {
    std::string text;
    for (auto const& side : key.columns) text += (text.empty() ? "" : ", ") + as_text(side);
    return text;
}

std::string behind(RowKey const& key, std::string const& bound) {
    return fmt::format("({}) {} ({})", columns_of(key), key.descending ? "<" : ">", bound);
}

std::string up_to(RowKey const& key, std::string const& bound) {
    return fmt::format("({}) {} ({})", columns_of(key), key.descending ? ">=" : "<=", bound);
}

/// For ORDER BY: as rows are walked, or the other way round.
enum class Way { walked, back };
std::string ordered(RowKey const& key, Way way) {
    bool const descending = key.descending == (way == Way::walked);
    std::string text;
    for (auto const& side : key.columns)
        text += (text.empty() ? "" : ", ") + quoted(side.column.text()) + (descending ? " DESC" : "");
    return text;
}

}  // namespace

std::string columns_of(RowKey const& key) {
    std::string text;
    for (auto const& side : key.columns) text += (text.empty() ? "" : ", ") + quoted(side.column.text());
    return text;
}

std::string in_range(RowKey const& key, Range range) {
    auto const after = behind(key, parameters(key, 1));
    switch (range) {
        case Range::all: return "true";
        case Range::after: return after;
        case Range::until: return up_to(key, parameters(key, 1));
        case Range::after_until: return after + " AND " + up_to(key, parameters(key, key.columns.size() + 1));
    }
    return {};
}

std::string in_span(RowKey const& key, KeySpan const& span) {
    auto const until = up_to(key, literals(key, span.until));
    return span.after.empty() ? until : behind(key, literals(key, span.after)) + " AND " + until;
}

std::vector<std::optional<std::string>> KeySpan::bounds() const {
    std::vector<std::optional<std::string>> all{after.begin(), after.end()};
    all.insert(all.end(), until.begin(), until.end());
    return all;
}

std::string literal_of(Side const& side, std::string_view row) {
    bool const is_number = side.type == "bigint" || side.type == "integer" || side.type == "smallint";
    auto const column = std::string{row} + quoted(side.column.text());
    if (is_number) return "coalesce(CAST(" + column + " AS text), 'NULL')";
    return "quote_nullable(" + as_text(side, row) + ")";
}

std::string key_text(RowKey const& key, std::string_view row) {
    std::string text;
    for (auto const& side : key.columns) {
        text += text.empty() ? "" : " || ', ' || ";
        text += literal_of(side, row);
    }
    return text.empty() ? "''" : text;
}

std::string last_key(std::string const& table, RowKey const& key) {
    return fmt::format("SELECT {} FROM {} ORDER BY {} LIMIT 1", as_texts(key), table, ordered(key, Way::back));
}

std::string key_after_rows(std::string const& table, RowKey const& key, Range range, std::int64_t rows) {
    return fmt::format(
        "SELECT {6} FROM (SELECT {0} FROM {1} WHERE {2} ORDER BY {3} LIMIT {4}) AS next ORDER BY {5} LIMIT 1",
        columns_of(key), table, in_range(key, range), ordered(key, Way::walked), rows, ordered(key, Way::back),
        as_texts(key));
}

std::string estimated_rows() {
    return "SELECT CASE WHEN reltuples > 0 AND relpages > 0 THEN CAST(reltuples / relpages * (pg_relation_size(oid) / "
           "CAST(current_setting('block_size') AS integer)) AS bigint) ELSE 0 END FROM pg_class WHERE oid = "
           "to_regclass($1)";
}

}  // namespace evolver::postgresql
