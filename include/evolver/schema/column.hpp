#pragma once

/// A column as a value.

#include "evolver/schema/expression.hpp"
#include "evolver/schema/name.hpp"
#include "evolver/schema/type.hpp"

#include <optional>
#include <string>

namespace evolver {

struct Column {
    Name name;
    Type type;
    bool nullable = true;
    /// The only key column of its table. A key of several columns is `CreateTable::primary_key`.
    bool primary_key = false;
    /// A constant or an expression, as SQL: `"0"`, `"'new'"`, `"CURRENT_TIMESTAMP"`.
    std::optional<Expression> default_value = {};
    /// The name of a collation; empty is the engine's default.
    std::string collation = {};
    /// The expression of a generated column; none for an ordinary one.
    std::optional<Expression> generated = {};
    /// Is a generated column's value kept in the row, instead of computed when it is read?
    bool stored = false;
};

}  // namespace evolver
