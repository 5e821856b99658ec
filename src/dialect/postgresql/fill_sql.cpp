#include "dialect/postgresql/fill_sql.hpp"

#include "dialect/postgresql/connection.hpp"

#include <fmt/format.h>

namespace evolver::postgresql {

namespace {

std::string columns_of(RowKey const& key) {
    std::string text;
    for (auto const& side : key.columns) text += (text.empty() ? "" : ", ") + quoted(side.column.text());
    return text;
}

std::string parameters(RowKey const& key, std::size_t first) {
    std::string text;
    for (std::size_t i = 0; i < key.columns.size(); ++i)
        text += fmt::format("{}CAST(${} AS {})", i == 0 ? "" : ", ", first + i, key.columns[i].type);
    return text;
}

std::string in_range(RowKey const& key, Range range) {
    auto const columns = columns_of(key);
    auto const after = fmt::format("({}) > ({})", columns, parameters(key, 1));
    auto const until = [&](std::size_t first) { return fmt::format("({}) <= ({})", columns, parameters(key, first)); };
    switch (range) {
        case Range::all: return "true";
        case Range::after: return after;
        case Range::until: return until(1);
        case Range::after_until: return after + " AND " + until(key.columns.size() + 1);
    }
    return {};
}

/// "17, 'a'"
std::string key_text(RowKey const& key) {
    std::string text;
    for (auto const& side : key.columns)
        text += fmt::format("{}quote_nullable({})", text.empty() ? "" : " || ', ' || ", quoted(side.column.text()));
    return text;
}

std::string find(NamedPair const& named, RowKey const& key, Range range, std::string const& condition, int limit) {
    return fmt::format("SELECT {} FROM {} WHERE {} AND {} ORDER BY {} LIMIT {}", key_text(key), table_of(named),
                       in_range(key, range), condition, columns_of(key), limit);
}

}  // namespace

std::string last_key(std::string const& table, RowKey const& key) {
    std::string descending;
    for (auto const& side : key.columns)
        descending += (descending.empty() ? "" : ", ") + quoted(side.column.text()) + " DESC";
    return fmt::format("SELECT {} FROM {} ORDER BY {} LIMIT 1", columns_of(key), table, descending);
}

std::string key_after_rows(std::string const& table, RowKey const& key, Range range, std::int64_t rows) {
    auto const columns = columns_of(key);
    std::string descending;
    for (auto const& side : key.columns)
        descending += (descending.empty() ? "" : ", ") + quoted(side.column.text()) + " DESC";
    return fmt::format(
        "SELECT {0} FROM (SELECT {0} FROM {1} WHERE {2} ORDER BY {0} LIMIT {3}) AS next ORDER BY {4} LIMIT 1", columns,
        table, in_range(key, range), rows, descending);
}

std::string fill(NamedPair const& named, RowKey const& key, Range range) {
    std::string set;
    std::string any;
    for (std::size_t i = 0; i < named.pair.to.size(); ++i) {
        auto const value = converted_up(named, i);
        set += fmt::format("{}{} = {}", set.empty() ? "" : ", ", quoted(named.pair.to[i].column.text()), value);
        any += (any.empty() ? "" : ", ") + value;
    }
    return fmt::format("UPDATE {} SET {} WHERE {} AND {} AND num_nonnulls({}) > 0", table_of(named), set,
                       in_range(key, range), all_null(named.pair.to), any);
}

std::string compare(NamedPair const& named, RowKey const& key, Range range) {
    return fmt::format(
        "SELECT count(*), count(*) FILTER (WHERE NOT {0}), count(*) FILTER (WHERE {0} AND NOT {1}) FROM {2} WHERE {3}",
        is_in_sync(named), is_lossless(named), table_of(named), in_range(key, range));
}

std::string count_unreturnable(NamedPair const& named) {
    return fmt::format("SELECT count(*) FROM {} WHERE NOT ({}) AND NOT {}", table_of(named), all_null(named.pair.to),
                       is_filled(named));
}

std::string find_different(NamedPair const& named, RowKey const& key, Range range, int limit) {
    return find(named, key, range, "NOT " + is_in_sync(named), limit);
}

std::string find_lossy(NamedPair const& named, RowKey const& key, Range range, int limit) {
    return find(named, key, range, fmt::format("{} AND NOT {}", is_in_sync(named), is_lossless(named)), limit);
}

std::vector<std::string> quarantine(NamedPair const& named, RowKey const& key) {
    std::vector<std::string> all;
    for (auto const& side : named.pair.from) {
        auto const column = quoted(side.column.text());
        all.push_back(
            fmt::format("INSERT INTO evolver_quarantine (plan, migration, table_name, row_key, why, column_name, "
                        "value) SELECT $1, $2, "
                        "{}, {}, 'its loss was accepted', {}, CAST({} AS text) FROM {} WHERE NOT {}",
                        literal(named.pair.table.text()), key_text(key), literal(side.column.text()), column,
                        table_of(named), is_lossless(named)));
    }
    return all;
}

}  // namespace evolver::postgresql
