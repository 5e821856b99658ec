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

/// How the rows differ that `find` tells of.
enum class Differing { changed, only_main, only_beside };
/// (how, key ...) of the rows of a range that do not hold the same, or that one of the two databases has not, in the order of their keys.
[[nodiscard]] std::string find(TableBeside const& table, Range range);

/// The columns of the row with the key ?1 … ?k.
[[nodiscard]] std::string row_of_key(TableBeside const& table, std::string_view schema);

}  // namespace evolver::sqlite
