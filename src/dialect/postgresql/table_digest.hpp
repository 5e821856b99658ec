#pragma once

// What a fingerprint asks of a table.
//
// A row is hashed by the server, by MD5 of the text of all its columns; the hashes come through a cursor and are added up here, so that nobody holds
// all of them, and one can stop in between. How a value is written as text is a matter of the session: texts_alike() comes first.

#include "dialect/postgresql/connection.hpp"
#include "evolver/schema/name.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace evolver::postgresql {

/// How the values of a column are looked at: what is no number and no bytes is taken for the text that the server writes.
enum class StoredAs { integer, real, text, bytes };

struct DigestedColumn {
    std::string name;
    StoredAs stored_as;
};

/// For the transaction that is open: texts of values are the same whatever the role, the database or the session has set; and rows that a policy would
/// hide are an error.
[[nodiscard]] std::string texts_alike();

/// By name. A domain is what it is made of.
[[nodiscard]] std::vector<DigestedColumn> digested_columns(Connection const& connection, std::string const& schema,
                                                           Name const& table);

/// Nobody changes what the tables are until the end of the transaction; to read and to write goes on.
[[nodiscard]] std::string keep_tables(std::string const& schema, std::vector<Name> const& tables);

/// 32 hexadecimal digits per row; with `each`, behind them as many of each column, or NULL.
enum class Hashes { of_rows, of_each_value_too };
[[nodiscard]] std::string open_hashes(std::string const& schema, Name const& table,
                                      std::vector<DigestedColumn> const& columns, Hashes hashes);
[[nodiscard]] std::string next_hashes(std::size_t rows);
[[nodiscard]] std::string close_hashes();

/// One row: per column how many values it has, the least and the greatest as SQL literals, and the sum; NULL where there is none. Texts go by their bytes.
/// A sum is exact: numbers with an exponent are taken for their first 15 digits, so it does not depend on the order of the rows.
[[nodiscard]] std::string column_facts(std::string const& schema, Name const& table,
                                       std::vector<DigestedColumn> const& columns);
/// So many columns can be asked of at once.
inline constexpr std::size_t most_columns_of_facts = 400;

}  // namespace evolver::postgresql
