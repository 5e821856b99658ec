#include "evolver/operation/drop_table.hpp"

#include "operation/require.hpp"

#include <algorithm>

namespace evolver {

Effect effect_of(DropTable const& operation, Schema& schema) {
    std::string const title = "DropTable " + operation.table.text();
    require::existing_table(schema, operation.table, title);
    for (auto const& other : schema.tables) {
        for (auto const& key : other.foreign_keys) {
            if (key.table == operation.table && !(other.name == operation.table)) {
                require::refuse(title, "table \"" + other.name.text() + "\" refers to it by a foreign key.",
                                "drop that table or its foreign key first");
            }
        }
    }
    std::erase_if(schema.tables, [&](Table const& table) { return table.name == operation.table; });
    std::erase_if(schema.indexes, [&](Index const& index) { return index.table == operation.table; });
    std::erase_if(schema.triggers, [&](Trigger const& trigger) { return trigger.table == operation.table; });
    return Effect{.contract = {RemoveTable{operation.table}}, .lock = operation.lock};
}

}  // namespace evolver
