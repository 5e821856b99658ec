#include "evolver/operation/change_primary_key.hpp"

#include "evolver/schema/tokens.hpp"
#include "operation/require.hpp"

#include <algorithm>

namespace evolver {

namespace {

/// Does `key` refer to the primary key of `table`?
bool refers_to_key(ForeignKey const& key, Table const& table) {
    return key.table == table.name && (key.referenced.empty() || key.referenced == table.key_columns());
}

/// Is a look-up by `columns` quick already? Then no index has to be made for the time until contract.
bool serves(Index const& index, Name const& table, std::vector<Name> const& columns) {
    return index.table == table && !index.where && index.parts.size() >= columns.size() &&
           std::equal(columns.begin(), columns.end(), index.parts.begin(),
                      [](Name const& column, IndexPart const& part) {
                          return part.column && same_identifier(part.expression.text(Engine::sqlite), column.text());
                      });
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
    Effect effect{.contract = {ReplacePrimaryKey{operation.table, operation.columns}}, .lock = operation.lock};
    for (auto const& name : operation.columns) {
        auto& column = require::existing_column(table, name, title);
        if (column.generated) require::refuse(title, "column \"" + name.text() + "\" is generated from others.");
        serving.parts.emplace_back(name);
        if (column.nullable)
            effect.rules.push_back({.kind = RuleKind::not_null, .table = operation.table, .columns = {name}});
        column.nullable = false;
    }
    bool const served = std::any_of(schema.indexes.begin(), schema.indexes.end(), [&](Index const& index) {
        return serves(index, operation.table, operation.columns);
    });
    if (!served) {
        effect.expand = {MakeIndex{serving}};
        effect.contract.insert(effect.contract.begin(), RemoveIndex{operation.name});
        effect.undo = {RemoveIndex{operation.name}};
    }
    effect.rules.push_back({.kind = RuleKind::unique, .table = operation.table, .columns = operation.columns});
    for (auto& column : table.columns) column.primary_key = false;
    table.primary_key = operation.columns;
    table.autoincrement = false;
    return effect;
}

}  // namespace evolver
