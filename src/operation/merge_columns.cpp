#include "evolver/operation/merge_columns.hpp"

#include "operation/replace.hpp"
#include "operation/require.hpp"

namespace evolver {

Effect effect_of(MergeColumns const& operation, Schema& schema) {
    std::string const title = "MergeColumns " + operation.table.text() + "." + operation.to.text();
    auto& table = require::existing_table(schema, operation.table, title);
    if (operation.from.size() < 2)
        require::refuse(title, "a merge has at least two columns.", "use ChangeType for one old column");
    if (operation.down.size() != operation.from.size()) {
        require::refuse(title,
                        "`down` has " + std::to_string(operation.down.size()) + " expressions for " +
                            std::to_string(operation.from.size()) + " old columns.",
                        "say one for each column of .from, in its order");
    }
    require::new_column(table, operation.to, title);
    for (auto const& from : operation.from) {
        auto const& column = require::existing_column(table, from, title);
        require::unconstrained(schema, table, from, title);
        if (column.generated) require::refuse(title, "column \"" + from.text() + "\" is generated from others.");
    }
    require::reads_only(table, operation.up, operation.from, "up", title);
    for (auto const& down : operation.down) require::reads_only(table, down, {operation.to}, "down", title);

    Column const column{.name = operation.to, .type = operation.type};
    Effect effect{.expand = {MakeColumn{operation.table, column}},
                  .pairs = {Pair{.kind = PairKind::computed,
                                 .table = operation.table,
                                 .from = operation.from,
                                 .to = {column},
                                 .up = {operation.up},
                                 .down = operation.down}},
                  .undo = {RemoveColumn{operation.table, operation.to}},
                  .lock = operation.lock};
    for (auto const& from : operation.from) {
        for (auto const& index : indexes_on(schema, operation.table, from))
            effect.contract.push_back(RemoveIndex{index.name});
        forget_column(schema, table, from);
    }
    for (auto const& from : operation.from) effect.contract.push_back(RemoveColumn{operation.table, from});
    table.columns.push_back(column);
    return effect;
}

}  // namespace evolver
