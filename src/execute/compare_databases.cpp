#include "evolver/execute/compare_databases.hpp"

#include "dialect/sqlite/beside_sql.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/table_digest.hpp"
#include "evolver/error.hpp"
#include "evolver/schema/diff.hpp"
#include "execute/row_values.hpp"
#include "execute/slices.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace evolver {

namespace {

/// The digests of a range tell whether its rows are looked at one by one. All rows have to be read once in any case, so there is nothing to be
/// won by ranges of ranges: with this many rows a statement's own cost is lost in it, and one row that differs costs the reading of no more.
constexpr std::int64_t chunk_rows = 16'000;

bool same_value(Value const& left, Value const& right) {
    auto const* one = std::get_if<double>(&left);
    auto const* two = std::get_if<double>(&right);
    if (one != nullptr && two != nullptr)
        return std::bit_cast<std::uint64_t>(*one) == std::bit_cast<std::uint64_t>(*two);
    return left == right;
}

std::vector<Name> sorted(std::vector<Name> names) {
    std::sort(names.begin(), names.end(),
              [](Name const& left, Name const& right) { return left.text() < right.text(); });
    return names;
}

class TableWalk {
public:
    TableWalk(sqlite::Connection const& connection, sqlite::TableBeside table, CompareOptions const& options)
        : connection_{connection}, table_{std::move(table)}, options_{options} {}

    TableDifference all(bool without_key) {
        found_.table = table_.table.text();
        found_.without_key = without_key;
        // By a hidden rowid rows are named only where they are not the same rows in another order.
        if (without_key) {
            if (walk(Naming::no)) return found_;
            found_.rows_before = found_.rows_after = 0;
        }
        found_.equal = walk(Naming::yes);
        return found_;
    }

    [[nodiscard]] bool nothing_in_common() const noexcept { return table_.columns.empty(); }

    /// Where the two cannot be addressed in one way.
    TableDifference rows_alone(sqlite::RowKey const& other) {
        found_.table = table_.table.text();
        found_.without_key = true;
        auto const before = digest("main", table_.key);
        auto const after = digest(sqlite::beside, other);
        found_.rows_before = before.rows;
        found_.rows_after = after.rows;
        found_.equal = before == after;
        return found_;
    }

private:
    enum class Naming { no, yes };

    [[nodiscard]] sqlite::TableDigest digest(std::string_view schema, sqlite::RowKey const& key) const {
        auto statement =
            connection_.prepare(sqlite::digest(table_.table, table_.columns, key, sqlite::Range::all, schema));
        return sqlite::run_digest(statement);
    }

    /// True: the rows are the same.
    bool walk(Naming naming) {
        Slices slices{connection_, table_.table, table_.key};
        sqlite::TableDigest before;
        sqlite::TableDigest after;
        Key done;
        for (bool more = true; more;) {
            if (options_.stop.stop_requested()) {
                throw Error{Failure{.what = "compare_databases() was told to stop.",
                                    .object = found_.table,
                                    .instead = "call it again: it begins anew",
                                    .retry = Retry::helps}};
            }
            auto const until = slices.end_after(done, chunk_rows);
            auto const one = part("main", done, until);
            auto const two = part(sqlite::beside, done, until);
            slices.had(one.rows);
            before += one;
            after += two;
            found_.rows_before = before.rows;
            found_.rows_after = after.rows;
            if (naming == Naming::yes && one != two) name(done, until);
            more = !until.empty() && !enough();
            done = until;
        }
        return before == after;
    }

    [[nodiscard]] bool enough() const {
        return options_.most_differences > 0 &&
               found_.changed + found_.missing + found_.extra >= options_.most_differences;
    }

    [[nodiscard]] sqlite::TableDigest part(std::string_view schema, Key const& done, Key const& until) const {
        auto statement = connection_.prepare(
            sqlite::digest(table_.table, table_.columns, table_.key, range_of(done, until), schema));
        bind_range(statement, done, until, table_.key);
        return sqlite::run_digest(statement);
    }

    void name(Key const& done, Key const& until) {
        auto rows = connection_.prepare(sqlite::find(table_, range_of(done, until)));
        bind_range(rows, done, until, table_.key);
        while (rows.step()) {
            auto const kind = count(static_cast<sqlite::Differing>(rows.integer(0)));
            if (static_cast<std::int64_t>(found_.rows.size()) >= options_.samples) continue;
            auto key = row_of(rows, table_.key.columns.size() + 1);
            key.erase(key.begin());
            found_.rows.push_back({.kind = kind, .key = in_words(key)});
            describe(found_.rows.back(), key);
        }
    }

    RowDifference::Kind count(sqlite::Differing how) {
        using Kind = RowDifference::Kind;
        switch (how) {
            case sqlite::Differing::changed: ++found_.changed; return Kind::changed;
            case sqlite::Differing::only_main: ++found_.missing; return Kind::missing;
            case sqlite::Differing::only_beside: break;
        }
        ++found_.extra;
        return Kind::extra;
    }

    [[nodiscard]] Key row(std::string_view schema, Key const& key) const {
        auto statement = connection_.prepare(sqlite::row_of_key(table_, schema));
        bind_all(statement, 1, key);
        return statement.step() ? row_of(statement, table_.columns.size()) : Key{};
    }

    void describe(RowDifference& difference, Key const& key) const {
        auto const before = row("main", key);
        auto const after = row(sqlite::beside, key);
        for (std::size_t i = 0; i < table_.columns.size(); ++i) {
            if (!before.empty() && !after.empty() && same_value(before[i], after[i])) continue;
            auto const& column = table_.columns[i].text();
            if (difference.kind == RowDifference::Kind::changed) difference.columns.push_back(column);
            if (!options_.show_values) continue;
            auto const add = [&](std::string& text, Key const& values) {
                if (!values.empty()) text += (text.empty() ? "" : ", ") + column + " = " + sqlite::to_text(values[i]);
            };
            add(difference.before, before);
            add(difference.after, after);
        }
    }

    sqlite::Connection const& connection_;
    sqlite::TableBeside table_;
    CompareOptions const& options_;
    TableDifference found_;
};

bool same_columns(std::vector<Name> const& left, std::vector<Name> const& right) {
    return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin());
}

void refuse_unknown(CompareOptions const& options, Schema const& before, Schema const& after) {
    for (auto const& table : options.tables) {
        if (before.find_table(Name{table}) != nullptr || after.find_table(Name{table}) != nullptr) continue;
        throw Error{Failure{.what = "There is no table \"" + table + "\" in either database.",
                            .object = table,
                            .instead = "name a table that is there, or none: then it is all of them"}};
    }
}

std::string_view word_of(RowDifference::Kind kind) {
    switch (kind) {
        case RowDifference::Kind::changed: return "changed";
        case RowDifference::Kind::missing: return "missing";
        case RowDifference::Kind::extra: return "extra";
    }
    return "changed";
}

}  // namespace

std::string RowDifference::text() const {
    std::string words = std::string{word_of(kind)} + ": key " + key;
    for (std::size_t i = 0; i < columns.size(); ++i) words += (i == 0 ? " (" : ", ") + columns[i];
    if (!columns.empty()) words += ")";
    if (!before.empty()) words += " · before: " + before;
    if (!after.empty()) words += " · after: " + after;
    return words;
}

bool DatabaseDifference::equal() const noexcept {
    return schema.empty() &&
           std::all_of(tables.begin(), tables.end(), [](TableDifference const& table) { return table.equal; });
}

std::string DatabaseDifference::text() const {
    std::string words;
    for (auto const& line : schema) words += line + "\n";
    for (auto const& table : tables) {
        if (table.equal) continue;
        words += fmt::format("table {}: {} rows before, {} after", table.table, table.rows_before, table.rows_after);
        words += table.changed + table.missing + table.extra == 0
                     ? std::string{", and they are not the same\n"}
                     : fmt::format("; {} changed, {} missing, {} extra\n", table.changed, table.missing, table.extra);
        for (auto const& row : table.rows) words += "  " + row.text() + "\n";
        if (table.changed + table.missing + table.extra > static_cast<std::int64_t>(table.rows.size()))
            words += "  …\n";
    }
    return words;
}

DatabaseDifference compare_databases(std::string const& before, std::string const& after,
                                     CompareOptions const& options) {
    auto const connection = sqlite::open_beside(before, after);
    auto const other = sqlite::open_beside(after, before);  // the catalogue is read of a main database
    constexpr std::chrono::seconds wait{10};
    for (auto const* one : {&connection, &other}) one->wait_for_locks(wait);
    sqlite::add_table_digest(connection);
    sqlite::ReadTransaction const snapshot{connection};
    sqlite::ReadTransaction const other_snapshot{other};
    auto const one = sqlite::inspect(connection);
    auto const two = sqlite::inspect(other);
    refuse_unknown(options, one, two);

    DatabaseDifference found;
    for (auto const& difference : diff(one, two, Engine::sqlite)) found.schema.push_back(difference.text());
    auto const wanted = [&](Name const& table) {
        return options.tables.empty() || std::any_of(options.tables.begin(), options.tables.end(),
                                                     [&](std::string const& name) { return Name{name} == table; });
    };
    std::vector<Name> names;
    for (auto const& table : one.tables) {
        if (wanted(table.name) && two.find_table(table.name) != nullptr) names.push_back(table.name);
    }
    for (auto const& name : sorted(std::move(names))) {
        std::vector<Name> columns;
        for (auto const& column : one.find_table(name)->columns) {
            if (two.find_table(name)->find(column.name) != nullptr) columns.push_back(column.name);
        }
        auto const key = sqlite::row_key(connection, name);
        auto const other_key = sqlite::row_key(other, name);
        TableWalk walk{connection, {.table = name, .key = key, .columns = sorted(std::move(columns))}, options};
        bool const one_way = !walk.nothing_in_common() && key.hidden_rowid == other_key.hidden_rowid &&
                             same_columns(key.columns, other_key.columns);
        found.tables.push_back(one_way ? walk.all(key.hidden_rowid) : walk.rows_alone(other_key));
    }
    return found;
}

}  // namespace evolver
