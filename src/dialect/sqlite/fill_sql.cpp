#include "dialect/sqlite/fill_sql.hpp"

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/joined.hpp"
#include "evolver/schema/tokens.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace evolver::sqlite {

namespace {

std::string key_list(RowKey const& key, std::string_view suffix = {}) {
    return joined(key.columns, ", ", [&](Name const& column) { return quoted(column.text()) + std::string{suffix}; });
}

/// (columns) `comparison` (parameters from `first`), lexicographically.
std::string bounded(RowKey const& key, std::size_t first, std::string const& strict, std::string const& loose,
                    bool inclusive) {
    auto const column = [&](std::size_t i) { return quoted(key.columns[i].text()); };
    auto const parameter = [&](std::size_t i) { return "?" + std::to_string(first + i); };
    auto const last = key.columns.size() - 1;
    std::string condition = column(last) + " " + (inclusive ? loose : strict) + " " + parameter(last);
    for (std::size_t i = last; i-- > 0;) {
        condition = column(i) + " " + loose + " " + parameter(i) + " AND (" + column(i) + " " + strict + " " +
                    parameter(i) + " OR (" + condition + "))";
    }
    return condition;
}

/// CASE keeps the order: what is left out is left out because `condition` may fail there. The sign keeps SQLite from looking the condition
/// up in an index, which has all rows of the table, instead of walking the range.
std::string but(std::string const& left_out, std::string const& condition) {
    return left_out.empty() ? "+(" + condition + ")" : "CASE WHEN " + left_out + " THEN 0 ELSE (" + condition + ") END";
}

bool asks_for_empty(PhysicalTransform const& change, Name const& column) {
    return normalised(change.where) == normalised(quoted(column.text()) + " IS NULL");
}

std::size_t parameters(RowKey const& key, Range range) { return range == Range::all ? 0 : 2 * key.columns.size(); }

}  // namespace

std::string in_range(RowKey const& key, Range range) {
    auto const until_first = 1 + key.columns.size();
    auto const after = key.descending ? bounded(key, 1, "<", "<=", false) : bounded(key, 1, ">", ">=", false);
    auto const until =
        key.descending ? bounded(key, until_first, ">", ">=", true) : bounded(key, until_first, "<", "<=", true);
    switch (range) {
        case Range::all: return "1";
        case Range::after: return after;
        case Range::until: return until;
        case Range::after_until: return after + " AND " + until;
    }
    return "1";
}

std::string last_key(Name const& table, RowKey const& key) {
    return "SELECT " + key_list(key) + " FROM " + quoted(table.text()) + " ORDER BY " +
           key_list(key, key.descending ? "" : " DESC") + " LIMIT 1";
}

std::string key_after_rows(Name const& table, RowKey const& key, Range range) {
    auto const count = "?" + std::to_string(2 * key.columns.size() + 1);
    return "SELECT " + key_list(key) + " FROM " + quoted(table.text()) + " WHERE " + in_range(key, range) +
           " ORDER BY " + key_list(key, key.descending ? " DESC" : "") + " LIMIT 1 OFFSET " + count + " - 1";
}

std::string key_text(RowKey const& key) {
    return joined(key.columns, " || ', ' || ",
                  [](Name const& column) { return "quote(" + quoted(column.text()) + ")"; });
}

std::string is_skipped(Name const& table, RowKey const& key, std::string const& plan, std::int64_t position) {
    return key_text(key) + " IN (SELECT row_key FROM evolver_failed_row WHERE plan = " + literal(plan) +
           " AND position = " + std::to_string(position) + " AND table_name = " + literal(table.text()) +
           " AND reason IS NOT NULL AND schema_version IN (0, (SELECT schema_version FROM pragma_schema_version)))";
}

std::string ends_of_rowids(Name const& table, RowKey const& key, Range range) {
    auto const rowid = key_list(key);
    return "SELECT min(" + rowid + "), (SELECT max(" + rowid + ") FROM " + quoted(table.text()) + ") FROM " +
           quoted(table.text()) + " WHERE " + in_range(key, range);
}

bool calls_function(std::string_view expression) {
    auto const tokens = significant_tokens(expression);
    auto const is_any_of = [](Token const& token, std::initializer_list<char const*> words) {
        return std::ranges::any_of(words, [&](auto const* word) { return is_keyword(token, word); });
    };
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        auto const& token = tokens[i];
        if (is_any_of(token, {"LIKE", "GLOB", "REGEXP", "MATCH", "SELECT"})) return true;
        bool const opens = i + 1 < tokens.size() && tokens[i + 1].text == "(";
        bool const names = token.kind == TokenKind::word || token.kind == TokenKind::quoted;
        if (opens && names &&
            !is_any_of(token, {"CAST", "AND", "OR", "NOT", "IN", "IS", "CASE", "WHEN", "THEN", "ELSE", "BETWEEN"}))
            return true;
    }
    return false;
}

std::string fill(Name const& table, RowKey const& key, std::vector<PhysicalPair> const& pairs, Range range,
                 std::string const& left_out) {
    // SET reads the row as it was, so a later pair of a chain gets what the earlier one is just about to write.
    std::map<std::string, std::string> pending;
    std::string assignments;
    std::string unfilled;
    for (auto const& pair : pairs) {
        auto const empty = pair.refilled ? "(" + all_null(pair.to) + ") OR NOT " + in_sync(pair) : all_null(pair.to);
        unfilled += (unfilled.empty() ? "" : " OR ") + ("(" + empty + ")");
        for (std::size_t i = 0; i < pair.to.size(); ++i) {
            auto const name = quoted(pair.to[i].column.text());
            auto const up = replace_columns(pair.up[i], [&](std::string const& column) -> std::optional<std::string> {
                auto const found = pending.find(quoted(column));
                return found == pending.end() ? std::nullopt : std::optional{"(" + found->second + ")"};
            });
            auto const value = pairs.size() == 1 ? up : "CASE WHEN " + empty + " THEN " + up + " ELSE " + name + " END";
            assignments += (assignments.empty() ? "" : ", ") + name + " = " + value;
            pending[name] = "CASE WHEN " + empty + " THEN " + up + " ELSE " + name + " END";
        }
    }
    return "UPDATE " + quoted(table.text()) + " SET " + assignments + " WHERE " + in_range(key, range) + " AND " +
           but(left_out, unfilled);
}

bool fills_empty(PhysicalTransform const& change) {
    return std::ranges::any_of(change.set, [&](auto const& one) { return asks_for_empty(change, one.column); });
}

std::string transform(PhysicalTransform const& change, RowKey const& key, Range range, Return returned,
                      std::string const& left_out) {
    auto const assignments = joined(change.set, ", ", [&](PhysicalTransform::Assignment const& one) {
        bool const noted = returned == Return::unfilled && asks_for_empty(change, one.column);
        return quoted(one.column.text()) + " = " +
               (noted ? "coalesce((" + one.value + "\n), evolver_unfilled(" + key_text(key) + "))" : one.value);
    });
    auto condition = change.where;
    for (auto const& one : change.set) {
        if (returned == Return::filled && asks_for_empty(change, one.column))
            condition = "(" + condition + "\n) AND (" + one.value + "\n) IS NOT NULL";
    }
    return "UPDATE " + quoted(change.table.text()) + " SET " + assignments + " WHERE " + in_range(key, range) +
           " AND " + but(left_out, condition) + (returned == Return::keys ? " RETURNING " + key_list(key) : "");
}

std::string untransformed(PhysicalTransform const& change, RowKey const& key, Range range,
                          std::string const& left_out) {
    return "SELECT " + key_list(key) + " FROM " + quoted(change.table.text()) + " WHERE " + in_range(key, range) +
           " AND " + but(left_out, change.where) + " LIMIT 1";
}

std::string carry_up(PhysicalPair const& pair, RowKey const& key) {
    std::string assignments;
    for (std::size_t i = 0; i < pair.to.size(); ++i)
        assignments += (i > 0 ? ", " : "") + quoted(pair.to[i].column.text()) + " = " + pair.up[i];
    std::string row;
    for (std::size_t i = 0; i < key.columns.size(); ++i)
        row += quoted(key.columns[i].text()) + " = ?" + std::to_string(i + 1) + " AND ";
    return "UPDATE " + quoted(pair.table.text()) + " SET " + assignments + " WHERE " + row + "NOT " + in_sync(pair);
}

std::string compare(PhysicalPair const& pair, RowKey const& key, Range range) {
    // One conversion per row where all is well, and no step of sum(): what down gives back is in sync and lossless. One number holds both
    // counts, so that each predicate is computed once: rows that differ above the 32nd bit, those that are only lossy below.
    return "SELECT rows, said >> 32, (said >> 32) + (said & 4294967295) FROM (SELECT count(*) AS rows, "
           "coalesce(sum(CASE WHEN " +
           filled(pair) + " THEN 1 ELSE 4294967296 END) FILTER (WHERE NOT (" + lossless(pair) + ")), 0) AS said FROM " +
           quoted(pair.table.text()) + " WHERE " + in_range(key, range) + ")";
}

std::string find(PhysicalPair const& pair, RowKey const& key, std::string const& condition, Range range) {
    std::string columns;
    for (auto const* sides : {&pair.from, &pair.to}) {
        for (auto const& side : *sides) columns += ", " + quoted(side.column.text());
    }
    auto const count = "?" + std::to_string(parameters(key, Range::after_until) + 1);
    return "SELECT " + key_list(key) + columns + " FROM " + quoted(pair.table.text()) + " WHERE " +
           in_range(key, range) + " AND +(" + condition + ") ORDER BY " + key_list(key) + " LIMIT " + count;
}

}  // namespace evolver::sqlite
