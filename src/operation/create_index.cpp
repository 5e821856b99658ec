#include "evolver/operation/create_index.hpp"

#include "operation/require.hpp"

namespace evolver {

Effect effect_of(CreateIndex const& operation, Schema& schema) {
    std::string const title = "CreateIndex " + operation.name.text();
    auto& table = require::existing_table(schema, operation.table, title);
    require::new_index(schema, operation.name, title);
    if (operation.columns.empty()) require::refuse(title, "an index needs at least one column.");
    for (auto const& part : operation.columns) {
        if (part.column) require::existing_column(table, Name{part.expression.text(Engine::sqlite)}, title);
    }
    Index const index{.name = operation.name,
                      .table = operation.table,
                      .parts = operation.columns,
                      .unique = operation.unique,
                      .where = operation.where};
    schema.indexes.push_back(index);
    return Effect{.expand = {MakeIndex{index}}, .undo = {RemoveIndex{operation.name}}, .lock = operation.lock};
}

}  // namespace evolver
