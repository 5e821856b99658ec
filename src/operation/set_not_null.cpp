#include "evolver/operation/set_not_null.hpp"

#include "operation/require.hpp"

namespace evolver {

Effect effect_of(SetNotNull const& operation, Schema& schema) {
    std::string const title = "SetNotNull " + operation.table.text() + "." + operation.column.text();
    auto& table = require::existing_table(schema, operation.table, title);
    auto& column = require::existing_column(table, operation.column, title);
    if (!column.nullable) require::refuse(title, "the column is NOT NULL already.", "leave the operation out");
    if (column.generated) require::refuse(title, "the column is generated from others.");
    column.nullable = false;
    Rule rule{.kind = RuleKind::not_null,
              .table = operation.table,
              .columns = {operation.column},
              .violators = operation.violators};
    if (operation.clean) rule.clean = {{operation.column, *operation.clean}};
    require::cleanable(schema, table, rule, title);
    return Effect{.rules = {rule}, .contract = {DeclareColumn{operation.table, column}}, .lock = operation.lock};
}

}  // namespace evolver
