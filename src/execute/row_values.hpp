#pragma once

// Rows between two statements: read from one, bound to another, as they are.

#include "dialect/sqlite/connection.hpp"

#include <cstddef>
#include <vector>

namespace evolver {

[[nodiscard]] inline std::vector<sqlite::Value> row_of(sqlite::Statement& statement, std::size_t columns,
                                                       int first = 0) {
    std::vector<sqlite::Value> row;
    for (std::size_t i = 0; i < columns; ++i) row.push_back(statement.value(first + static_cast<int>(i)));
    return row;
}

/// Returns the number of the parameter after the last.
inline int bind_all(sqlite::Statement& statement, int first, std::vector<sqlite::Value> const& values) {
    for (auto const& value : values) statement.bind(first++, value);
    return first;
}

}  // namespace evolver
