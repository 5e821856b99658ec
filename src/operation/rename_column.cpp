#include "evolver/operation/rename_column.hpp"

#include "operation/replace.hpp"
#include "operation/require.hpp"

#include <algorithm>

namespace evolver {

namespace {

void rename_in(std::vector<Name>& names, Name const& from, Name const& to) {
    std::replace(names.begin(), names.end(), from, to);
}

void rename_in(Expression& expression, Name const& from, Name const& to) { expression = renamed(expression, from, to); }

/// Keys, constraints, generated columns and foreign keys of other tables follow the new name, as the engine makes them follow.
void rename_everywhere(Schema& schema, Table& table, Name const& from, Name const& to) {
    rename_in(table.primary_key, from, to);
    for (auto& key : table.unique_keys) rename_in(key.columns, from, to);
    for (auto& check : table.checks) rename_in(check.condition, from, to);
    for (auto& key : table.foreign_keys) rename_in(key.columns, from, to);
    for (auto& column : table.columns) {
        if (column.generated) rename_in(*column.generated, from, to);
    }
    for (auto& other : schema.tables) {
        for (auto& key : other.foreign_keys) {
            if (key.table == table.name) rename_in(key.referenced, from, to);
        }
    }
    for (auto& index : schema.indexes) {
        if (index.table == table.name) index = renamed(index, from, to);
    }
}

}  // namespace

Effect effect_of(RenameColumn const& operation, Schema& schema) {
    std::string const title = "RenameColumn " + operation.table.text() + "." + operation.from.text();
    auto& table = require::existing_table(schema, operation.table, title);
    auto& column = require::existing_column(table, operation.from, title);
    require::new_column(table, operation.to, title);
    column.name = operation.to;
    Column const after = column;
    rename_everywhere(schema, table, operation.from, operation.to);
    return Effect{
        .expand = {MakeAlias{operation.table, operation.from, operation.to}},
        .pairs = {Pair{.kind = PairKind::alias, .table = operation.table, .from = {operation.from}, .to = {after}}},
        .contract = {SettleAlias{operation.table, operation.from, operation.to}},
        .undo = {RemoveAlias{operation.table, operation.to}}};
}

}  // namespace evolver
