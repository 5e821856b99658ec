#include "dialect/postgresql/key_range.hpp"

#include "dialect/postgresql/connection.hpp"

#include <fmt/format.h>

namespace evolver::postgresql {

namespace {

std::string parameters(RowKey const& key, std::size_t first) {
    std::string text;
    for (std::size_t i = 0; i < key.columns.size(); ++i)
        text += fmt::format("{}CAST(${} AS {})", i == 0 ? "" : ", ", first + i, key.columns[i].type);
    return text;
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
    auto const columns = columns_of(key);
    auto const after = fmt::format("({}) {} ({})", columns, key.descending ? "<" : ">", parameters(key, 1));
    auto const until = [&](std::size_t first) {
        return fmt::format("({}) {} ({})", columns, key.descending ? ">=" : "<=", parameters(key, first));
    };
    switch (range) {
        case Range::all: return "true";
        case Range::after: return after;
        case Range::until: return until(1);
        case Range::after_until: return after + " AND " + until(key.columns.size() + 1);
    }
    return {};
}

std::string literal_of(Side const& side, std::string_view row) {
    bool const is_number = side.type == "bigint" || side.type == "integer" || side.type == "smallint";
    auto const column = std::string{row} + quoted(side.column.text());
    return is_number ? "coalesce(CAST(" + column + " AS text), 'NULL')" : "quote_nullable(" + column + ")";
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
    return fmt::format("SELECT {} FROM {} ORDER BY {} LIMIT 1", columns_of(key), table, ordered(key, Way::back));
}

std::string key_after_rows(std::string const& table, RowKey const& key, Range range, std::int64_t rows) {
    return fmt::format(
        "SELECT {0} FROM (SELECT {0} FROM {1} WHERE {2} ORDER BY {3} LIMIT {4}) AS next ORDER BY {5} LIMIT 1",
        columns_of(key), table, in_range(key, range), ordered(key, Way::walked), rows, ordered(key, Way::back));
}

std::string estimated_rows() {
    return "SELECT CASE WHEN reltuples > 0 AND relpages > 0 THEN CAST(reltuples / relpages * (pg_relation_size(oid) / "
           "CAST(current_setting('block_size') AS integer)) AS bigint) ELSE 0 END FROM pg_class WHERE oid = "
           "to_regclass($1)";
}

}  // namespace evolver::postgresql
