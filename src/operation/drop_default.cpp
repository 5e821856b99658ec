#include "evolver/operation/drop_default.hpp"

#include "operation/require.hpp"

namespace evolver {

Effect effect_of(DropDefault const& operation, Schema& schema) {
    std::string const title = "DropDefault " + operation.table.text() + "." + operation.column.text();
    auto& table = require::existing_table(schema, operation.table, title);
    auto& column = require::existing_column(table, operation.column, title);
    if (!column.default_value) require::refuse(title, "the column has no default.", "leave the operation out");
    if (!column.nullable) {
        require::refuse(title, "the column is NOT NULL: an insert that leaves it out would fail.",
                        "change the default by SetDefault, or let the column be NULL first: DropNotNull");
    }
    column.default_value.reset();
    return Effect{.defaults = {{operation.table, operation.column}},
                  .contract = {DeclareColumn{operation.table, column}}};
}

}  // namespace evolver
