#include "dialect/sqlite/beside_sql.hpp"

#include "dialect/sqlite/joined.hpp"
#include "dialect/sqlite/table_digest.hpp"

#include <sqlite3.h>

namespace evolver::sqlite {

namespace {

/// A path as SQLite's URI, to be read only.
std::string uri_of(std::string const& path) {
    std::string uri = "file:";
    for (char const letter : path) {
        constexpr std::string_view digits = "0123456789abcdef";
        auto const byte = static_cast<unsigned char>(letter);
        if (letter == '?' || letter == '#' || letter == '%') {
            uri += '%';
            uri += digits[byte >> 4U];
            uri += digits[byte & 15U];
        } else {
            uri += letter;
        }
    }
    return uri + "?mode=ro";
}

std::string key_name(std::size_t part) { return "evolver_key_" + std::to_string(part); }

/// The key and the hash of each row of a range.
std::string hashes(TableBeside const& table, std::string_view schema, Range range) {
    std::string columns;
    for (std::size_t i = 0; i < table.key.columns.size(); ++i)
        columns += quoted(table.key.columns[i].text()) + " AS " + key_name(i) + ", ";
    return "(SELECT " + columns + hash_of(table.columns) + " AS evolver_said FROM " + quoted(schema) + "." +
           quoted(table.table.text()) + " WHERE " + in_range(table.key, range) + ")";
}

}  // namespace

Connection open_beside(std::string const& path, std::string const& other) {
    auto connection = Connection::open(uri_of(path), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    connection.run("ATTACH " + literal(uri_of(other)) + " AS " + quoted(beside));
    return connection;
}

std::string find(TableBeside const& table, Range range) {
    std::string keys;
    std::string same;
    std::string order;
    for (std::size_t i = 0; i < table.key.columns.size(); ++i) {
        keys += ", one." + key_name(i);
        same += (i > 0 ? " AND " : "") + ("one." + key_name(i) + " = two." + key_name(i));
        order += (i > 0 ? ", " : "") + std::to_string(i + 2);
    }
    auto const main = hashes(table, "main", range);
    auto const other = hashes(table, beside, range);
    auto const rows = [&](Differing which, std::string const& of, std::string const& join, std::string const& with,
                          std::string const& where) {
        return "SELECT " + std::to_string(static_cast<int>(which)) + keys + " FROM " + of + " AS one " + join + " " +
               with + " AS two ON " + same + " WHERE " + where;
    };
    return rows(Differing::changed, main, "JOIN", other, "two.evolver_said <> one.evolver_said") + " UNION ALL " +
           rows(Differing::only_main, main, "LEFT JOIN", other, "two.evolver_said IS NULL") + " UNION ALL " +
           rows(Differing::only_beside, other, "LEFT JOIN", main, "two.evolver_said IS NULL") + " ORDER BY " + order;
}

std::string row_of_key(TableBeside const& table, std::string_view schema) {
    std::string condition;
    for (std::size_t i = 0; i < table.key.columns.size(); ++i) {
        condition += (i > 0 ? " AND " : "") + quoted(table.key.columns[i].text()) + " = ?" + std::to_string(i + 1);
    }
    return "SELECT " + joined(table.columns, ", ", [](Name const& column) { return quoted(column.text()); }) +
           " FROM " + quoted(schema) + "." + quoted(table.table.text()) + " WHERE " + condition;
}

}  // namespace evolver::sqlite
