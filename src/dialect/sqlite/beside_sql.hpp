#pragma once

// Statements over one table of two databases that one connection sees: `main`, and one beside it.

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/fill_sql.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace evolver::sqlite {

inline constexpr std::string_view beside = "evolver_beside";

/// A connection that reads `path` as main and `other` as the database beside it, and writes to neither. Throws EngineError.
[[nodiscard]] Connection open_beside(std::string const& path, std::string const& other);

/// A table that both have, with the columns that are compared.
struct TableBeside {
    Name table;
    RowKey key;
    std::vector<Name> columns;
};

/// The keys of rows of a range that only main has, only the other has, or that do not hold the same.
enum class Differing { only_main, only_beside, changed };
[[nodiscard]] std::string find(TableBeside const& table, Differing which, Range range);

/// The columns of the row with the key ?1 … ?k.
[[nodiscard]] std::string row_of_key(TableBeside const& table, std::string_view schema);

}  // namespace evolver::sqlite
