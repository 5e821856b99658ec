#include "dialect/sqlite/samples.hpp"

#include "dialect/sqlite/clone.hpp"
#include "dialect/sqlite/in_sync.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/statement_fault.hpp"
#include "evolver/dialect/engine_error.hpp"

#include <algorithm>
#include <limits>

namespace evolver::sqlite {

namespace {

constexpr std::int64_t some_rows = 500;
constexpr std::int64_t every_row = std::int64_t{1} << 40U;
/// From each end, and a row more: all of it is in memory.
constexpr std::size_t some_bytes = std::size_t{4} << 20U;

std::size_t size_of(Value const& value) {
    if (auto const* text = std::get_if<std::string>(&value)) return text->size();
    if (auto const* bytes = std::get_if<Blob>(&value)) return bytes->size();
    return sizeof(std::int64_t);
}

/// The columns that an INSERT can name.
std::string writable(Table const& table, std::string& places) {
    std::string names;
    for (auto const& column : table.columns) {
        if (column.generated) continue;
        names += (names.empty() ? "" : ", ") + quoted(column.name.text());
        places += places.empty() ? "?" : ", ?";
    }
    return names;
}

void copy_rows(Connection const& source, Connection const& target, Table const& table, Extent extent) {
    auto const each_end = extent == Extent::all ? every_row : some_rows;
    auto const most_bytes = extent == Extent::all ? std::numeric_limits<std::size_t>::max() : some_bytes;
    std::string places;
    auto const names = writable(table, places);
    if (names.empty()) return;
    std::string order;
    std::string reverse;
    for (auto const& column : row_key(source, table.name).columns) {
        order += (order.empty() ? "" : ", ") + quoted(column.text());
        reverse += (reverse.empty() ? "" : ", ") + quoted(column.text()) + " DESC";
    }
    auto const from = "SELECT " + names + " FROM main." + quoted(table.name.text()) + " ORDER BY ";
    auto insert = target.prepare("INSERT OR IGNORE INTO " + quoted(table.name.text()) + " (" + names + ") VALUES (" +
                                 places + ")");
    auto left = source.integer("SELECT count(*) FROM (SELECT 1 FROM main." + quoted(table.name.text()) + " LIMIT " +
                               std::to_string(2 * each_end) + ")");
    for (auto const& by : {order, reverse}) {
        // A row that was taken twice would break what is unique.
        auto rows = source.prepare(from + by + " LIMIT " + std::to_string(std::min(each_end, left)));
        std::int64_t count = 0;
        std::size_t bytes = 0;
        for (; bytes < most_bytes && rows.step(); ++count) {
            for (int i = 0; i < rows.columns(); ++i) {
                auto const value = rows.value(i);
                bytes += size_of(value);
                insert.bind(i + 1, value);
            }
            insert.run();
        }
        left -= count;
    }
}

/// `table` without the columns that `other` has not.
Table common(Table table, Table const& other) {
    std::erase_if(table.columns, [&](Column const& column) {
        auto const* same = other.find(column.name);
        return same == nullptr || same->generated;
    });
    return table;
}

Value made_up(Table const& table, Column const& column, int row) {
    if (column.nullable && row == 3) return Null{};
    auto const number = static_cast<std::int64_t>(row);
    switch (affinity_of(type_words(table, column, Engine::sqlite))) {
        case Affinity::integer:
        case Affinity::numeric: return number;
        case Affinity::real: return static_cast<double>(number) + 0.5;
        case Affinity::text: return "sample " + std::to_string(number);
        case Affinity::none: break;
    }
    return Blob{std::byte{static_cast<unsigned char>(row)}};
}

}  // namespace

Connection sample_database(Connection const& source, Extent extent) {
    auto clone = clone_schema(source);
    auto& target = clone.connection;
    target.run("PRAGMA foreign_keys = OFF");
    target.enable_triggers(false);
    ReadTransaction const snapshot{source};
    for (auto const& table : inspect(target).tables) {
        try {
            copy_rows(source, target, table, extent);
        } catch (EngineError const& error) {
            if (!is_the_statements_fault(error)) throw;
            // An index on a function that only the application has: the table stays empty.
        }
    }
    target.enable_triggers(true);
    return std::move(clone.connection);
}

void sample_rows(Connection const& source, Connection const& target, Name const& table, Extent extent) {
    auto const from = inspect_table(source, table);
    auto const to = inspect_table(target, table);
    if (!from || !to) return;
    target.enable_triggers(false);
    try {
        copy_rows(source, target, common(*from, *to), extent);
    } catch (...) {
        target.enable_triggers(true);
        throw;
    }
    target.enable_triggers(true);
}

void make_up_rows(Connection const& connection) {
    connection.enable_triggers(false);
    connection.run("PRAGMA ignore_check_constraints = ON");
    for (auto const& table : inspect(connection).tables) {
        if (connection.integer("SELECT EXISTS (SELECT 1 FROM main." + quoted(table.name.text()) + ")") != 0) continue;
        std::string places;
        auto const names = writable(table, places);
        if (names.empty()) continue;
        try {
            auto insert = connection.prepare("INSERT OR IGNORE INTO " + quoted(table.name.text()) + " (" + names +
                                             ") VALUES (" + places + ")");
            for (int row = 1; row <= 3; ++row) {
                int position = 0;
                for (auto const& column : table.columns) {
                    if (!column.generated) insert.bind(++position, made_up(table, column, row));
                }
                insert.run();
            }
        } catch (EngineError const& error) {
            if (!is_the_statements_fault(error)) throw;
            // What the table wants cannot be guessed: it stays empty.
        }
    }
    connection.run("PRAGMA ignore_check_constraints = OFF");
    connection.enable_triggers(true);
}

}  // namespace evolver::sqlite
