#include "evolver/operation/drop_foreign_key.hpp"

#include "evolver/schema/tokens.hpp"
#include "operation/require.hpp"

#include <algorithm>

namespace evolver {

Effect effect_of(DropForeignKey const& operation, Schema& schema) {
    std::string const title = "DropForeignKey " + operation.table.text();
    auto& table = require::existing_table(schema, operation.table, title);
    auto const found = std::find_if(table.foreign_keys.begin(), table.foreign_keys.end(), [&](ForeignKey const& key) {
        return operation.name.empty() ? key.name.empty() && key.columns == operation.columns
                                      : same_identifier(key.name, operation.name);
    });
    if (found == table.foreign_keys.end()) {
        require::refuse(title, "the table has no such foreign key.",
                        "name it as it is declared (.name = \"…\"), or, where it has no name, by its columns");
    }
    ForeignKey const key = *found;
    table.foreign_keys.erase(found);
    return Effect{.contract = {RemoveForeignKey{operation.table, key}}};
}

}  // namespace evolver
