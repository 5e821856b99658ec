#pragma once

// Two functions that tell rows apart by what they hold:
//
//   evolver_hash(values ...)    the hash of one row (row_hash.hpp), as 16 bytes
//   evolver_table_digest(values ...)  an aggregate: how many rows, as 8 bytes, and the sum of their hashes modulo 2^128, as 16; of no rows, zeros
//
// The sum does not depend on the order of the rows. With the count of rows beside it a row that is there twice shows, which it does not
// where hashes are combined by XOR. One function says both: each aggregate is a call per row, and the rows are many.

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/fill_sql.hpp"
#include "dialect/sqlite/row_hash.hpp"

#include <string>
#include <vector>

namespace evolver::sqlite {

/// What evolver_table_digest says of rows.
struct TableDigest {
    std::int64_t rows = 0;
    Sum128 hashes;

    TableDigest& operator+=(TableDigest const& more) noexcept {
        rows += more.rows;
        hashes += more.hashes;
        return *this;
    }
    friend bool operator==(TableDigest const&, TableDigest const&) = default;
};

/// Registers both functions on a connection. Throws EngineError.
void add_table_digest(Connection const& connection);

/// evolver_hash(columns ...), each behind `prefix` ("a."). More columns than a function takes are hashed in groups.
[[nodiscard]] std::string hash_of(std::vector<Name> const& columns, std::string_view prefix = {});

/// Runs a statement of `digest`, its parameters bound.
[[nodiscard]] TableDigest run_digest(Statement& statement);
/// 32 hexadecimal digits.
[[nodiscard]] std::string in_hex(Sum128 const& digest);

/// The digest of a range.
[[nodiscard]] std::string digest(Name const& table, std::vector<Name> const& columns, RowKey const& key, Range range,
                                 std::string_view schema = "main");

}  // namespace evolver::sqlite
