#pragma once

// What a migration has to fill, table by table.

#include "compile/compiler.hpp"

#include <vector>

namespace evolver {

struct TableWork {
    Name table;
    std::vector<sqlite::PhysicalPair> pairs = {};
    std::vector<OpenTransform> transforms = {};
    std::vector<sqlite::PhysicalCrossPair> missing = {};  ///< For whose rows others are made; the table is the source.
};

/// In the order in which the migration names the tables.
[[nodiscard]] std::vector<TableWork> work_of(Compiler const& compiler, std::size_t position);

}  // namespace evolver
