#pragma once

// What is compared where two shapes are: each pair and each crossing of a migration, by ranges of a key.

#include "compile/compiler.hpp"
#include "dialect/sqlite/fill_sql.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace evolver {

/// What is compared over one table.
struct Look {
    Name table;
    sqlite::RowKey key;
    std::string columns;                                ///< "size → size_bytes"
    std::vector<Name> old_columns;                      ///< As `find` returns them, after the key.
    std::vector<Name> new_columns;                      ///< After those.
    std::function<std::string(sqlite::Range)> compare;  ///< (rows, different, different or lossy)
    std::function<std::string(sqlite::Range)> find;     ///< Rows that differ; none where no row can.
    std::function<std::string(sqlite::Range)> find_lossy;
};

/// Of migration `position`, in plan order. Reads keys from `connection`.
[[nodiscard]] std::vector<Look> looks_of(sqlite::Connection const& connection, Compiler const& compiler,
                                         std::size_t position);

}  // namespace evolver
