#include "evolver/operation/set_default.hpp"

#include "operation/require.hpp"

namespace evolver {

Effect effect_of(SetDefault const& operation, Schema& schema) {
    std::string const title = "SetDefault " + operation.table.text() + "." + operation.column.text();
    auto& table = require::existing_table(schema, operation.table, title);
    auto& column = require::existing_column(table, operation.column, title);
    if (column.generated) require::refuse(title, "the column is generated from others.");
    require::reads_only(table, operation.value, {}, "value", title);
    if (column.default_value && *column.default_value == operation.value)
        require::refuse(title, "the column has that default already.", "leave the operation out");
    column.default_value = operation.value;
    return Effect{.defaults = {{operation.table, operation.column, operation.value}},
                  .contract = {DeclareColumn{operation.table, column}}};
}

}  // namespace evolver
