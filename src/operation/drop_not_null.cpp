#include "evolver/operation/drop_not_null.hpp"

#include "operation/require.hpp"

#include <algorithm>

namespace evolver {

Effect effect_of(DropNotNull const& operation, Schema& schema) {
    std::string const title = "DropNotNull " + operation.table.text() + "." + operation.column.text();
    auto& table = require::existing_table(schema, operation.table, title);
    auto& column = require::existing_column(table, operation.column, title);
    auto const key = table.key_columns();
    if (std::find(key.begin(), key.end(), operation.column) != key.end())
        require::refuse(title, "the column is part of the primary key.", "keys are not NULL");
    if (column.nullable) require::refuse(title, "the column accepts NULL already.", "leave the operation out");
    column.nullable = true;
    return Effect{.contract = {DeclareColumn{operation.table, column}}};
}

}  // namespace evolver
