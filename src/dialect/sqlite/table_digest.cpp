#include "dialect/sqlite/table_digest.hpp"

#include "dialect/sqlite/joined.hpp"
#include "dialect/sqlite/row_hash.hpp"
#include "evolver/dialect/engine_error.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>

namespace evolver::sqlite {

namespace {

/// What every build of SQLite takes as arguments of a function, less a margin.
constexpr std::size_t most_arguments = 100;

void add(RowHash& hash, sqlite3_value* value) {
    switch (sqlite3_value_type(value)) {
        case SQLITE_INTEGER: return hash.add(std::int64_t{sqlite3_value_int64(value)});
        case SQLITE_FLOAT: return hash.add(sqlite3_value_double(value));
        case SQLITE_TEXT: {
            auto const* text = sqlite3_value_text(value);  // before the size: it may be UTF-16 until then
            return hash.add_text(text, static_cast<std::size_t>(sqlite3_value_bytes(value)));
        }
        case SQLITE_BLOB: {
            auto const* bytes = sqlite3_value_blob(value);
            return hash.add_blob(bytes, static_cast<std::size_t>(sqlite3_value_bytes(value)));
        }
        default: return hash.add_null();
    }
}

Sum128 hash_of_row(int count, sqlite3_value** values) {
    RowHash hash;
    for (int i = 0; i < count; ++i) add(hash, values[i]);
    return hash.result();
}

template <std::size_t Count>
void give(sqlite3_context* context, std::array<std::uint64_t, Count> const& words) {
    std::array<unsigned char, 8 * Count> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<unsigned char>(words[i / 8] >> (56U - 8U * static_cast<unsigned>(i % 8)));
    sqlite3_result_blob(context, bytes.data(), static_cast<int>(bytes.size()), SQLITE_TRANSIENT);
}

void hash_row(sqlite3_context* context, int count, sqlite3_value** values) {
    auto const hash = hash_of_row(count, values);
    give(context, std::array{hash.high, hash.low});
}

void add_row(sqlite3_context* context, int count, sqlite3_value** values) {
    auto* sum = static_cast<TableDigest*>(sqlite3_aggregate_context(context, sizeof(TableDigest)));  // zeroed by SQLite
    if (sum == nullptr) return sqlite3_result_error_nomem(context);
    ++sum->rows;
    sum->hashes += hash_of_row(count, values);
}

void give_sum(sqlite3_context* context) {
    auto const* sum = static_cast<TableDigest*>(sqlite3_aggregate_context(context, 0));
    auto const all = sum == nullptr ? TableDigest{} : *sum;
    give(context, std::array{static_cast<std::uint64_t>(all.rows), all.hashes.high, all.hashes.low});
}

std::string listed(std::vector<Name> const& columns, std::string_view prefix) {
    return joined(columns, ", ", [&](Name const& column) { return std::string{prefix} + quoted(column.text()); });
}

/// The arguments of a function that takes any number of them.
std::string arguments(std::vector<Name> const& columns, std::string_view prefix) {
    if (columns.size() <= most_arguments) return listed(columns, prefix);
    std::string groups;
    for (std::size_t first = 0; first < columns.size(); first += most_arguments) {
        auto const last = std::min(first + most_arguments, columns.size());
        std::vector<Name> const group{columns.begin() + static_cast<std::ptrdiff_t>(first),
                                      columns.begin() + static_cast<std::ptrdiff_t>(last)};
        groups += (groups.empty() ? "" : ", ") + ("evolver_hash(" + listed(group, prefix) + ")");
    }
    return groups;
}

}  // namespace

void add_table_digest(Connection const& connection) {
    constexpr int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    auto const check = [&](int code) {
        if (code == SQLITE_OK) return;
        throw EngineError{Failure{.what = "SQLite: the functions evolver_hash and evolver_table_digest could not be "
                                          "registered: " +
                                          std::string{sqlite3_errmsg(connection.handle())},
                                  .object = connection.path(),
                                  .native_code = code}};
    };
    check(sqlite3_create_function_v2(connection.handle(), "evolver_hash", -1, flags, nullptr, hash_row, nullptr,
                                     nullptr, nullptr));
    check(sqlite3_create_function_v2(connection.handle(), "evolver_table_digest", -1, flags, nullptr, nullptr, add_row,
                                     give_sum, nullptr));
}

std::string hash_of(std::vector<Name> const& columns, std::string_view prefix) {
    return "evolver_hash(" + arguments(columns, prefix) + ")";
}

TableDigest run_digest(Statement& statement) {
    statement.step();
    auto const value = statement.value(0);
    auto const* bytes = std::get_if<Blob>(&value);
    std::array<std::uint64_t, 3> words{};
    if (bytes == nullptr || bytes->size() != 8 * words.size()) return {};
    for (std::size_t i = 0; i < bytes->size(); ++i)
        words[i / 8] = words[i / 8] << 8U | std::to_integer<std::uint64_t>((*bytes)[i]);
    return {.rows = static_cast<std::int64_t>(words[0]), .hashes = {.high = words[1], .low = words[2]}};
}

std::string in_hex(Sum128 const& digest) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (auto const half : {digest.high, digest.low}) {
        for (unsigned shift = 64; shift > 0; shift -= 4) text += digits[half >> (shift - 4) & 15U];
    }
    return text;
}

std::string digest(Name const& table, std::vector<Name> const& columns, RowKey const& key, Range range,
                   std::string_view schema) {
    return "SELECT evolver_table_digest(" + arguments(columns, {}) + ") FROM " + quoted(schema) + "." +
           quoted(table.text()) + " WHERE " + in_range(key, range);
}

}  // namespace evolver::sqlite
