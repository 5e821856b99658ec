#include "evolver/operation/change_type.hpp"

#include "operation/replace.hpp"
#include "operation/require.hpp"

#include <algorithm>

namespace evolver {

Effect effect_of(ChangeType const& operation, Schema& schema) {
    std::string const title = "ChangeType " + operation.table.text() + "." + operation.from.text();
    auto& table = require::existing_table(schema, operation.table, title);
    Column const old_column = require::existing_column(table, operation.from, title);
    require::new_column(table, operation.to, title);
    require::unconstrained(schema, table, operation.from, title);
    if (old_column.generated)
        require::refuse(title, "the column is generated from others.",
                        "change its expression with DropColumn and AddColumn");
    if (old_column.default_value && !operation.default_value) {
        require::refuse(title, "the column has the default " + old_column.default_value->text(Engine::sqlite) + ".",
                        "say what that means in the new shape: .default_value = \"…\"");
    }
    require::reads_only(table, operation.up, {operation.from}, "up", title);
    require::reads_only(table, operation.down, {operation.to}, "down", title);

    Column const new_column{.name = operation.to,
                            .type = operation.type,
                            .nullable = old_column.nullable,
                            .default_value = operation.default_value,
                            .collation = old_column.collation};
    Effect effect{.lock = operation.lock};
    Column loose = new_column;
    loose.nullable = true;
    loose.default_value.reset();
    effect.expand = {MakeColumn{operation.table, loose}};
    effect.pairs = {Pair{.kind = PairKind::computed,
                         .table = operation.table,
                         .from = {operation.from},
                         .to = {new_column},
                         .up = {operation.up},
                         .down = {operation.down}}};
    auto const moved = indexes_on(schema, operation.table, operation.from);
    for (auto const& index : moved) effect.contract.push_back(RemoveIndex{index.name});
    effect.contract.push_back(RemoveColumn{operation.table, operation.from});
    if (!new_column.nullable || new_column.default_value)
        effect.contract.push_back(DeclareColumn{operation.table, new_column});
    for (auto const& index : moved) effect.contract.push_back(MakeIndex{renamed(index, operation.from, operation.to)});
    effect.undo = {RemoveColumn{operation.table, operation.to}};

    forget_column(schema, table, operation.from);
    table.columns.push_back(new_column);
    for (auto const& index : moved) schema.indexes.push_back(renamed(index, operation.from, operation.to));
    return effect;
}

}  // namespace evolver
