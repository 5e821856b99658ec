#include "dialect/sqlite/row_digest.hpp"

#include "evolver/dialect/engine_error.hpp"

#include <sqlite3.h>

#include <cmath>
#include <cstdint>
#include <cstring>

namespace evolver::sqlite {

namespace {

std::uint64_t mixed(std::uint64_t value) {
    value ^= value >> 32U;
    value *= 0xd6e8feb86659fd93U;
    value ^= value >> 32U;
    value *= 0xd6e8feb86659fd93U;
    return value ^ (value >> 32U);
}

std::uint64_t hash_of(std::uint64_t seed, unsigned char const* bytes, std::size_t size) {
    auto hash = seed ^ (size * 0x9e3779b97f4a7c15U);
    for (; size >= 8; bytes += 8, size -= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes, 8);
        hash = mixed(hash ^ word);
    }
    std::uint64_t rest = 0;
    std::memcpy(&rest, bytes, size);
    return mixed(hash ^ rest);
}

std::uint64_t hash_of(std::uint64_t seed, sqlite3_value* value) {
    constexpr double largest = 9.0e18;  // within what a whole number holds
    switch (sqlite3_value_type(value)) {
        case SQLITE_INTEGER: return mixed(seed ^ static_cast<std::uint64_t>(sqlite3_value_int64(value)) ^ 1U << 20U);
        case SQLITE_FLOAT: {
            auto const number = sqlite3_value_double(value);
            if (std::abs(number) < largest && std::trunc(number) == number)
                return mixed(seed ^ static_cast<std::uint64_t>(static_cast<std::int64_t>(number)) ^ 1U << 20U);
            std::uint64_t bits = 0;
            std::memcpy(&bits, &number, sizeof bits);
            return mixed(seed ^ bits ^ 1U << 21U);
        }
        case SQLITE_TEXT: {
            auto const* text = sqlite3_value_text(value);
            return hash_of(seed ^ 3U, text, static_cast<std::size_t>(sqlite3_value_bytes(value)));
        }
        case SQLITE_BLOB: {
            auto const* blob = static_cast<unsigned char const*>(sqlite3_value_blob(value));
            auto const size = static_cast<std::size_t>(sqlite3_value_bytes(value));
            return hash_of(seed ^ 4U, size == 0 ? reinterpret_cast<unsigned char const*>("") : blob, size);
        }
        default: return mixed(seed ^ 5U);
    }
}

void add_row(sqlite3_context* context, int count, sqlite3_value** values) {
    auto* sum = static_cast<std::uint64_t*>(sqlite3_aggregate_context(context, sizeof(std::uint64_t)));
    if (sum == nullptr) return sqlite3_result_error_nomem(context);
    std::uint64_t hash = 0x2545f4914f6cdd1dU;
    for (int i = 0; i < count; ++i) hash = mixed(hash_of(hash, values[i]) + static_cast<std::uint64_t>(i));
    *sum += hash;
}

void result(sqlite3_context* context) {
    auto const* sum = static_cast<std::uint64_t*>(sqlite3_aggregate_context(context, 0));
    sqlite3_result_int64(context, sum == nullptr ? 0 : static_cast<std::int64_t>(*sum));
}

}  // namespace

void add_row_digest(Connection const& connection) {
    int const code =
        sqlite3_create_function_v2(connection.handle(), "evolver_digest", -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                   nullptr, nullptr, add_row, result, nullptr);
    if (code != SQLITE_OK) {
        throw EngineError{Failure{.what = "SQLite: the function evolver_digest could not be registered: " +
                                          std::string{sqlite3_errmsg(connection.handle())},
                                  .object = connection.path(),
                                  .native_code = code}};
    }
}

}  // namespace evolver::sqlite
