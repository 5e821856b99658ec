#include "evolver/operation/add_unique.hpp"

#include "operation/require.hpp"

namespace evolver {

Effect effect_of(AddUnique const& operation, Schema& schema) {
    std::string const title = "AddUnique " + operation.name.text();
    auto& table = require::existing_table(schema, operation.table, title);
    require::new_index(schema, operation.name, title);
    if (operation.columns.empty()) require::refuse(title, "it names no column.");
    Index plain{.name = operation.name, .table = operation.table, .parts = {}};
    for (auto const& column : operation.columns) {
        require::existing_column(table, column, title);
        plain.parts.emplace_back(column);
    }
    Rule rule{.kind = RuleKind::unique,
              .table = operation.table,
              .columns = operation.columns,
              .clean = operation.clean,
              .violators = operation.violators};
    require::cleanable(schema, table, rule, title);
    Index unique = plain;
    unique.unique = true;
    schema.indexes.push_back(unique);
    return Effect{.expand = {MakeIndex{plain}},
                  .rules = {rule},
                  .contract = {RemoveIndex{operation.name}, MakeIndex{unique}},
                  .undo = {RemoveIndex{operation.name}},
                  .lock = operation.lock};
}

}  // namespace evolver
