#include "evolver/operation/drop_column.hpp"

#include "operation/replace.hpp"
#include "operation/require.hpp"

namespace evolver {

Effect effect_of(DropColumn const& operation, Schema& schema) {
    std::string const title = "DropColumn " + operation.table.text() + "." + operation.column.text();
    auto& table = require::existing_table(schema, operation.table, title);
    auto const& column = require::existing_column(table, operation.column, title);
    require::unconstrained(schema, table, operation.column, title);
    if (!column.nullable && !column.default_value && !operation.down) {
        require::refuse(
            title,
            "the column is NOT NULL without a default, so the inserts of the new release would fail until contract.",
            "say what the new release's rows hold in it: .down = \"''\"");
    }
    if (table.columns.size() == 1) require::refuse(title, "it is the only column of its table.", "use DropTable");

    Effect effect{.pairs = {Pair{.kind = PairKind::dropped, .table = operation.table, .from = {operation.column}}},
                  .lock = operation.lock};
    if (operation.down) effect.pairs.front().down = {*operation.down};
    for (auto const& index : indexes_on(schema, operation.table, operation.column))
        effect.contract.push_back(RemoveIndex{index.name});
    effect.contract.push_back(RemoveColumn{operation.table, operation.column});
    forget_column(schema, table, operation.column);
    return effect;
}

}  // namespace evolver
