#include "evolver/operation/add_column.hpp"

#include "operation/require.hpp"

namespace evolver {

Effect effect_of(AddColumn const& operation, Schema& schema) {
    std::string const title = "AddColumn " + operation.table.text() + "." + operation.column.name.text();
    auto& table = require::existing_table(schema, operation.table, title);
    require::new_column(table, operation.column.name, title);
    if (operation.column.primary_key) {
        require::refuse(title, "a key column cannot be added to a table that has rows.",
                        "make a new table, or an ordinary column");
    }
    if (!operation.column.nullable && !operation.column.default_value && !operation.column.generated) {
        require::refuse(
            title, "a NOT NULL column without a default would make the inserts of older releases fail.",
            "give it a default: .default_value = \"0\", or leave it nullable until no older release is left");
    }
    if (operation.column.generated && !operation.column.nullable) {
        require::refuse(title,
                        "a computed column that is NOT NULL would make the writes of older releases fail where the "
                        "expression gives NULL.",
                        "leave it nullable");
    }
    if (operation.column.generated && operation.column.default_value)
        require::refuse(title, "a computed column has no default.", "leave one of .generated and .default_value out");
    table.columns.push_back(operation.column);
    Effect effect{.expand = {MakeColumn{operation.table, operation.column}},
                  .undo = {RemoveColumn{operation.table, operation.column.name}}};
    if (operation.when_replaced == Replaced::kept) {
        if (operation.column.generated)
            require::refuse(title, "a generated column has no value of its own to be kept.",
                            "leave .when_replaced out");
        effect.kept = {{operation.table, operation.column}};
    }
    return effect;
}

}  // namespace evolver
