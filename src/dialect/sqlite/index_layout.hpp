#pragma once

// What the b-tree of an index consists of, as the engine would make it.

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "evolver/schema/index.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace evolver::sqlite {

/// One column of the index's b-tree: a part of the index, or of the row's key behind it.
struct IndexColumn {
    std::string value;      ///< An expression over the table.
    std::string collation;  ///< As the engine says.
    bool descending = false;
    bool nullable = false;
    bool whole_numbers = false;  ///< An index keeps 2.0 of a REAL column as 2.
};

/// Everything that a build needs to know of an index.
struct IndexLayout {
    Index index;
    RowKey key;
    std::vector<IndexColumn> columns;
    std::size_t parts = 0;            ///< The first of the columns: those that the index names.
    std::vector<std::size_t> key_at;  ///< Which of the columns has the row's key, in its order.
    std::vector<std::string> in_way;  ///< Conditions over the table for rows that a NEW row might replace.

    [[nodiscard]] bool nullable() const;
};

/// `schema` has the table, and not the index. Throws PlanError where the index cannot be built so, EngineError where it cannot be meant.
[[nodiscard]] IndexLayout index_layout(Connection const& schema, Index const& index);

/// Why this database cannot have an index built in batches; empty where it can.
[[nodiscard]] std::string adoption_refused(Connection const& connection);

}  // namespace evolver::sqlite
