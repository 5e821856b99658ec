#pragma once

// Two functions that tell rows apart by what they hold:
//
//   evolver_hash(values ...)    the hash of one row (row_hash.hpp), as 16 bytes
//   evolver_table_digest(values ...)  an aggregate: the sum of these hashes modulo 2^128, as 16 bytes; of no rows, 16 zero bytes
//
// The sum does not depend on the order of the rows. With the count of rows beside it a row that is there twice shows, which it does not
// where hashes are combined by XOR.

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/fill_sql.hpp"
#include "dialect/sqlite/row_hash.hpp"

#include <string>
#include <vector>

namespace evolver::sqlite {

/// Registers both functions on a connection. Throws EngineError.
void add_table_digest(Connection const& connection);

/// evolver_hash(columns ...), each behind `prefix` ("a."). More columns than a function takes are hashed in groups.
[[nodiscard]] std::string hash_of(std::vector<Name> const& columns, std::string_view prefix = {});

/// The digest in a column of a statement's row.
[[nodiscard]] Sum128 digest_in(Statement const& statement, int column);
/// 32 hexadecimal digits.
[[nodiscard]] std::string in_hex(Sum128 const& digest);

/// (rows, their digest) of a range.
[[nodiscard]] std::string digest(Name const& table, std::vector<Name> const& columns, RowKey const& key, Range range,
                                 std::string_view schema = "main");

}  // namespace evolver::sqlite
