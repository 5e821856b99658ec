#pragma once

/// An index as a value.

#include "evolver/schema/expression.hpp"
#include "evolver/schema/name.hpp"

#include <optional>
#include <string>
#include <vector>

namespace evolver {

enum class Order { ascending, descending };

/// One part of an index: a column, or an expression over the row.
struct IndexPart {
    IndexPart(char const* name)
        : expression{Name{name}.text()} {}  // NOLINT(google-explicit-constructor): spelled as literals
    IndexPart(Name const& name) : expression{name.text()} {}  // NOLINT(google-explicit-constructor)
    IndexPart(Expression computed, bool is_column, Order direction = Order::ascending, std::string collate = {})
        : expression{std::move(computed)}, column{is_column}, order{direction}, collation{std::move(collate)} {}

    Expression expression;  ///< The column's bare name where `column` is true.
    bool column = true;
    Order order = Order::ascending;
    std::string collation = {};  ///< Empty: the column's own.
};

struct Index {
    Name name;
    Name table;
    std::vector<IndexPart> parts;
    bool unique = false;
    std::optional<Expression> where = {};  ///< The condition of a partial index.
};

}  // namespace evolver
