#include "dialect/postgresql/fill_sql.hpp"

#include "dialect/postgresql/connection.hpp"

#include <fmt/format.h>

namespace evolver::postgresql {

namespace {

std::string find(std::string const& what, NamedPair const& named, RowKey const& key, Range range,
                 std::string const& condition, std::int64_t limit) {
    return fmt::format("SELECT {} FROM {} WHERE {} AND {} ORDER BY {} LIMIT {}", what, table_of(named),
                       in_range(key, range), condition, columns_of(key), limit);
}

std::string fill_with(std::vector<std::string> const& values, NamedPair const& named, std::string const& where,
                      std::string const& besides) {
    std::string set;
    std::string any;
    for (std::size_t i = 0; i < values.size(); ++i) {
        set += fmt::format("{}{} = {}", set.empty() ? "" : ", ", quoted(named.pair.to[i].column.text()), values[i]);
        any += (any.empty() ? "" : ", ") + values[i];
    }
    auto const empty = all_null(named.pair.to);
    auto const has_value = fmt::format("num_nonnulls({}) > 0", any);
    // What is older than the row it is made of is replaced, also by nothing where that cannot be converted.
    auto const is_due = named.refilled
                            ? fmt::format("CASE WHEN {} THEN {} ELSE NOT {} END", empty, has_value, is_in_sync(named))
                            : fmt::format("{} AND {}", empty, has_value);
    return fmt::format("UPDATE {} SET {} WHERE {} AND {}{}", table_of(named), set, where, is_due, besides);
}

}  // namespace

std::string fill(NamedPair const& named, RowKey const& key, Range range, std::string const& besides) {
    std::vector<std::string> values;
    for (std::size_t i = 0; i < named.pair.to.size(); ++i) values.push_back(converted_up(named, i));
    return fill_with(values, named, in_range(key, range), besides);
}

std::string fill_at_once(NamedPair const& named, RowKey const& key, KeySpan const& span, std::string const& besides) {
    auto const& pair = named.pair;
    std::vector<std::string> values;
    for (std::size_t i = 0; i < pair.to.size(); ++i)
        values.push_back(fmt::format("CAST(({}\n) AS {})", spelled(pair.up[i], as_column), pair.to[i].type));
    // The server writes into its log what fails in a statement, values and all; not what a handler has caught.
    return "DO " + dollar_quoted("#variable_conflict use_column\nDECLARE\n  filled bigint;\nBEGIN\n  " +
                                 fill_with(values, named, in_span(key, span), besides) +
                                 ";\n  GET DIAGNOSTICS filled = ROW_COUNT;\n  PERFORM set_config('evolver.filled', "
                                 "CAST(filled AS text), true);\nEXCEPTION WHEN OTHERS THEN\n  " +
                                 std::string{passing_on} + "PERFORM set_config('evolver.filled', '-1', true);\nEND\n");
}

std::string filled_at_once() { return "SELECT current_setting('evolver.filled')"; }

std::string fill(Transform const& transform, std::string const& schema, RowKey const& key, Range range,
                 std::string const& besides) {
    std::string set;
    for (auto const& one : transform.set)
        set += fmt::format("{}{} = ({}\n)", set.empty() ? "" : ", ", quoted(one.column.text()),
                           one.value.text(Engine::postgresql));
    return fmt::format("UPDATE {} SET {} WHERE {} AND ({}\n){}", in_schema(schema, transform.table.text()), set,
                       in_range(key, range), transform.where.text(Engine::postgresql), besides);
}

std::string is_not_skipped(Name const& table, RowKey const& key, std::string const& plan, std::int64_t position) {
    return fmt::format(
        "{} NOT IN (SELECT row_key FROM evolver_failed_row WHERE plan = {} AND position = {} AND table_name = {} AND "
        "reason IS NOT NULL)",
        key_text(key), literal(plan), position, literal(table.text()));
}

std::string transform_check(Transform const& transform, std::string const& schema) {
    return "EXPLAIN " + fill(transform, schema, {}, Range::all);
}

std::string compare(NamedPair const& named, RowKey const& key, Range range) {
    return fmt::format(
        "SELECT count(*), count(*) FILTER (WHERE NOT {0}), count(*) FILTER (WHERE {0} AND NOT {1}) FROM {2} WHERE {3}",
        is_in_sync(named), is_lossless(named), table_of(named), in_range(key, range));
}

std::string count_unreturnable(NamedPair const& named) {
    // Where no trigger has carried it over, what agrees in neither direction is older than the old shape, which has it all.
    auto const is_newer = named.refilled ? " AND " + is_lossless(named) : std::string{};
    return fmt::format("SELECT count(*) FROM {} WHERE NOT ({}) AND NOT {}{}", table_of(named), all_null(named.pair.to),
                       is_filled(named), is_newer);
}

std::string find_different(NamedPair const& named, RowKey const& key, Range range, std::int64_t limit, Values values) {
    auto what = key_text(key);
    if (values == Values::shown) {
        for (auto const* sides : {&named.pair.from, &named.pair.to}) {
            for (auto const& side : *sides) what += ", " + literal_of(side);
        }
    }
    return find(what, named, key, range, "NOT " + is_in_sync(named), limit);
}

std::string find_lossy(NamedPair const& named, RowKey const& key, Range range, std::int64_t limit) {
    return find(key_text(key), named, key, range, fmt::format("{} AND NOT {}", is_in_sync(named), is_lossless(named)),
                limit);
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
