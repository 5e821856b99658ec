#include "evolver/operation/split_column.hpp"

#include "operation/replace.hpp"
#include "operation/require.hpp"

namespace evolver {

Effect effect_of(SplitColumn const& operation, Schema& schema) {
    std::string const title = "SplitColumn " + operation.table.text() + "." + operation.from.text();
    auto& table = require::existing_table(schema, operation.table, title);
    Column const old_column = require::existing_column(table, operation.from, title);
    require::unconstrained(schema, table, operation.from, title);
    if (operation.into.size() < 2)
        require::refuse(title, "a split has at least two parts.", "use ChangeType for one new column");

    Pair pair{.kind = PairKind::computed, .table = operation.table, .from = {operation.from}, .down = {operation.down}};
    Effect effect{.lock = operation.lock};
    std::vector<Name> parts;
    for (auto const& part : operation.into) {
        require::new_column(table, part.name, title);
        require::reads_only(table, part.up, {operation.from}, "up", title);
        Column const column{.name = part.name, .type = part.type};
        pair.to.push_back(column);
        pair.up.push_back(part.up);
        effect.expand.push_back(MakeColumn{operation.table, column});
        effect.undo.push_back(RemoveColumn{operation.table, part.name});
        table.columns.push_back(column);
        parts.push_back(part.name);
    }
    require::reads_only(table, operation.down, parts, "down", title);
    for (auto const& index : indexes_on(schema, operation.table, operation.from))
        effect.contract.push_back(RemoveIndex{index.name});
    effect.contract.push_back(RemoveColumn{operation.table, operation.from});
    effect.pairs = {pair};
    forget_column(schema, table, operation.from);
    return effect;
}

}  // namespace evolver
