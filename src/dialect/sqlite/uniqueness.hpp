#pragma once

// By what two rows of a table cannot be the same: its keys and unique indexes, with their collations, expressions and conditions.

#include "dialect/sqlite/connection.hpp"
#include "evolver/schema/name.hpp"

#include <string>
#include <vector>

namespace evolver::sqlite {

struct Uniqueness {
    /// Its columns; empty where a part is an expression, or it holds for a part of the rows only.
    std::vector<Name> columns = {};
    /// In a trigger: a condition over a row of the table, which has what NEW has.
    std::string same_as_new;
};

/// The key first. A hidden rowid is none of them.
[[nodiscard]] std::vector<Uniqueness> uniquenesses(Connection const& schema, Name const& table);

}  // namespace evolver::sqlite
