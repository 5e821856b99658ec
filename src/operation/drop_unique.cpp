#include "evolver/operation/drop_unique.hpp"

#include "evolver/schema/tokens.hpp"
#include "operation/require.hpp"

#include <algorithm>

namespace evolver {

namespace {

bool is_over(Index const& index, Name const& table, std::vector<Name> const& columns) {
    return index.unique && !index.where && index.table == table &&
           std::equal(index.parts.begin(), index.parts.end(), columns.begin(), columns.end(),
                      [](IndexPart const& part, Name const& column) {
                          return part.column && same_identifier(part.expression.text(Engine::sqlite), column.text());
                      });
}

}  // namespace

Effect effect_of(DropUnique const& operation, Schema& schema) {
    std::string const title = "DropUnique " + operation.table.text();
    auto& table = require::existing_table(schema, operation.table, title);
    for (auto const& other : schema.tables) {
        for (auto const& key : other.foreign_keys) {
            if (key.table == operation.table && key.referenced == operation.columns)
                require::refuse(title, "table \"" + other.name.text() + "\" refers to these columns by a foreign key.",
                                "drop that foreign key first (DropForeignKey)");
        }
    }
    auto const found = std::find_if(schema.indexes.begin(), schema.indexes.end(), [&](Index const& index) {
        return is_over(index, operation.table, operation.columns);
    });
    if (found != schema.indexes.end()) {
        Name const name = found->name;
        schema.indexes.erase(found);
        return Effect{.contract = {RemoveIndex{name}}};
    }
    auto const inside = std::find_if(table.unique_keys.begin(), table.unique_keys.end(),
                                     [&](UniqueKey const& key) { return key.columns == operation.columns; });
    if (inside == table.unique_keys.end()) {
        require::refuse(title, "the table has no unique index over exactly these columns.",
                        "name the columns of the index, in its order");
    }
    UniqueKey const key = *inside;
    table.unique_keys.erase(inside);
    return Effect{.contract = {RemoveUnique{operation.table, key}}, .lock = operation.lock};
}

}  // namespace evolver
