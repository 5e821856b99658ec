#include "evolver/operation/change_primary_key.hpp"

#include "operation/require.hpp"

namespace evolver {

namespace {

/// Does `key` refer to the primary key of `table`?
bool refers_to_key(ForeignKey const& key, Table const& table) {
    return key.table == table.name && (key.referenced.empty() || key.referenced == table.key_columns());
}

}  // namespace

Effect effect_of(ChangePrimaryKey const& operation, Schema& schema) {
    std::string const title = "ChangePrimaryKey " + operation.table.text();
    auto& table = require::existing_table(schema, operation.table, title);
    require::new_index(schema, operation.name, title);
    if (operation.columns.empty()) require::refuse(title, "it names no column.");
    if (operation.columns == table.key_columns())
        require::refuse(title, "the columns are the primary key already.", "leave the operation out");
    for (auto const& other : schema.tables) {
        for (auto const& key : other.foreign_keys) {
            if (!refers_to_key(key, table)) continue;
            require::refuse(title, "table \"" + other.name.text() + "\" refers to the key of before by a foreign key.",
                            "drop that foreign key first (DropForeignKey, in a migration of an earlier release)");
        }
    }
    Index serving{.name = operation.name, .table = operation.table, .parts = {}};
    Effect effect{.contract = {RemoveIndex{operation.name}, ReplacePrimaryKey{operation.table, operation.columns}},
                  .undo = {RemoveIndex{operation.name}},
                  .lock = operation.lock};
    for (auto const& name : operation.columns) {
        auto& column = require::existing_column(table, name, title);
        if (column.generated) require::refuse(title, "column \"" + name.text() + "\" is generated from others.");
        serving.parts.emplace_back(name);
        if (column.nullable)
            effect.rules.push_back({.kind = RuleKind::not_null, .table = operation.table, .columns = {name}});
        column.nullable = false;
    }
    effect.expand = {MakeIndex{serving}};
    effect.rules.push_back({.kind = RuleKind::unique, .table = operation.table, .columns = operation.columns});
    for (auto& column : table.columns) column.primary_key = false;
    table.primary_key = operation.columns;
    table.autoincrement = false;
    return effect;
}

}  // namespace evolver
