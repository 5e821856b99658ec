#include "execute/fingerprint.hpp"

#include "dialect/sqlite/column_facts.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/joined.hpp"
#include "dialect/sqlite/table_digest.hpp"
#include "evolver/error.hpp"
#include "evolver/schema/digest.hpp"
#include "execute/slices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace evolver {

namespace {

/// So often it looks whether it is told to stop.
constexpr std::int64_t rows_at_once = 50'000;

void refuse_to_go_on(FingerprintOptions const& options, std::string const& table) {
    if (!options.stop.stop_requested()) return;
    throw Error{Failure{.what = "fingerprint() was told to stop.",
                        .object = table,
                        .instead = "call it again: it begins anew",
                        .retry = Retry::helps}};
}

void digest(sqlite::Connection const& connection, Name const& table, std::vector<Name> const& columns,
            FingerprintOptions const& options, TableFingerprint& found) {
    auto const key = sqlite::row_key(connection, table);
    Slices slices{connection, table, key};
    sqlite::TableDigest sum;
    Key done;
    for (bool more = true; more;) {
        refuse_to_go_on(options, found.name);
        auto const until = slices.end_after(done, rows_at_once);
        auto statement = connection.prepare(sqlite::digest(table, columns, key, range_of(done, until)));
        bind_range(statement, done, until, key);
        auto const part = sqlite::run_digest(statement);
        slices.had(part.rows);
        sum += part;
        more = !until.empty();
        done = until;
    }
    found.rows = sum.rows;
    found.digest = sqlite::in_hex(sum.hashes);
}

std::string shown(Value const& value, bool show_values) {
    if (std::holds_alternative<Null>(value)) return {};
    auto const text = to_text(value);
    return show_values ? text : digest_of(text);
}

void look_at_columns(sqlite::Connection const& connection, Name const& table, std::vector<Name> const& columns,
                     FingerprintOptions const& options, TableFingerprint& found) {
    auto const listed = [](std::vector<Name> const& names) {
        return sqlite::joined(names, ", ", [](Name const& name) { return sqlite::quoted(name.text()); });
    };
    std::vector<sqlite::ColumnFacts> facts(columns.size());
    auto rows = connection.prepare("SELECT " + listed(columns) + " FROM main." + sqlite::quoted(table.text()) +
                                   " ORDER BY " + listed(sqlite::row_key(connection, table).columns));
    for (std::int64_t row = 0; rows.step(); ++row) {
        if (row % rows_at_once == 0) refuse_to_go_on(options, found.name);
        for (std::size_t i = 0; i < facts.size(); ++i) facts[i].add(rows, static_cast<int>(i));
    }
    for (std::size_t i = 0; i < facts.size(); ++i) {
        auto const& one = facts[i];
        auto const [distinct, exact] = one.distinct();
        found.columns.push_back({.name = columns[i].text(),
                                 .values = one.integers() + one.reals() + one.texts() + one.blobs(),
                                 .nulls = one.nulls(),
                                 .integers = one.integers(),
                                 .reals = one.reals(),
                                 .texts = one.texts(),
                                 .blobs = one.blobs(),
                                 .distinct = distinct,
                                 .distinct_is_exact = exact,
                                 .least = shown(one.least(), options.show_values),
                                 .greatest = shown(one.greatest(), options.show_values),
                                 .sum = one.sum()});
    }
}

template <class Items, class Item>
Item const* find_named(Items const& items, Item const& like) {
    auto const found =
        std::find_if(items.begin(), items.end(), [&](Item const& one) { return same_identifier(one.name, like.name); });
    return found == items.end() ? nullptr : &*found;
}

void compare(TableFingerprint const& table, ColumnFingerprint const& before, ColumnFingerprint const& after,
             std::vector<std::string>& found) {
    auto const say = [&](std::string_view what, auto const& one, auto const& two) {
        if (one != two)
            found.push_back(
                fmt::format("table {}, column {}: {} {} before, {} after", table.name, before.name, what, one, two));
    };
    say("values", before.values, after.values);
    say("NULLs", before.nulls, after.nulls);
    say("integers", before.integers, after.integers);
    say("reals", before.reals, after.reals);
    say("texts", before.texts, after.texts);
    say("blobs", before.blobs, after.blobs);
    say("distinct values", before.distinct, after.distinct);
    say("least value", before.least, after.least);
    say("greatest value", before.greatest, after.greatest);
    say("sum", before.sum, after.sum);
}

void compare(TableFingerprint const& before, TableFingerprint const& after, std::vector<std::string>& found) {
    auto const already = found.size();
    if (before.rows != after.rows)
        found.push_back(fmt::format("table {}: {} rows before, {} after", before.name, before.rows, after.rows));
    for (auto const& column : before.columns) {
        auto const* other = find_named(after.columns, column);
        if (other != nullptr) compare(before, column, *other, found);
    }
    if (before.digest != after.digest && found.size() == already)
        found.push_back(fmt::format("table {}: its rows do not hold the same", before.name));
}

}  // namespace

Fingerprint fingerprint(sqlite::Connection const& connection, FingerprintOptions const& options) {
    sqlite::add_table_digest(connection);
    sqlite::ReadTransaction const snapshot{connection};
    auto const schema = sqlite::inspect(connection);
    for (auto const& table : options.tables) {
        if (schema.find_table(Name{table}) == nullptr)
            throw Error{Failure{.what = "There is no table \"" + table + "\".",
                                .object = table,
                                .instead = "name a table that is there, or none: then it is all of them"}};
    }
    Fingerprint found{.schema = digest_of(schema, Engine::sqlite)};
    auto tables = schema.tables;
    auto const by_name = [](auto const& left, auto const& right) { return left.text() < right.text(); };
    std::sort(tables.begin(), tables.end(),
              [&](Table const& left, Table const& right) { return by_name(left.name, right.name); });
    for (auto const& table : tables) {
        if (!options.tables.empty() && std::none_of(options.tables.begin(), options.tables.end(),
                                                    [&](std::string const& name) { return Name{name} == table.name; }))
            continue;
        std::vector<Name> columns;
        for (auto const& column : table.columns) columns.push_back(column.name);
        std::sort(columns.begin(), columns.end(), by_name);
        found.tables.push_back({.name = table.name.text()});
        digest(connection, table.name, columns, options, found.tables.back());
        if (options.columns) look_at_columns(connection, table.name, columns, options, found.tables.back());
    }
    return found;
}

std::vector<std::string> differences(Fingerprint const& before, Fingerprint const& after) {
    std::vector<std::string> found;
    if (before.schema != after.schema) found.emplace_back("the schema is not the same");
    for (auto const& table : before.tables) {
        auto const* other = find_named(after.tables, table);
        if (other == nullptr) {
            found.push_back("table " + table.name + ": it was there before, and is not after");
        } else {
            compare(table, *other, found);
        }
    }
    for (auto const& table : after.tables) {
        if (find_named(before.tables, table) == nullptr)
            found.push_back("table " + table.name + ": it was not there before, and is after");
    }
    return found;
}

}  // namespace evolver
