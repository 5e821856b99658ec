#include "evolver/operation/create_table.hpp"

#include "operation/require.hpp"

#include <algorithm>

namespace evolver {

Effect effect_of(CreateTable const& operation, Schema& schema) {
    std::string const title = "CreateTable " + operation.table.text();
    require::new_table(schema, operation.table, title);
    if (operation.columns.empty()) require::refuse(title, "a table needs at least one column.");

    Table table{.name = operation.table,
                .columns = {},
                .primary_key = operation.primary_key,
                .unique_keys = operation.unique_keys,
                .checks = operation.checks,
                .foreign_keys = operation.foreign_keys,
                .without_rowid = operation.without_rowid,
                .strict = operation.strict,
                .autoincrement = operation.autoincrement};
    for (auto const& column : operation.columns) {
        require::new_column(table, column.name, title);
        table.columns.push_back(column);
        if (!column.primary_key) continue;
        if (!table.primary_key.empty()) {
            require::refuse(title, "two definitions of the primary key.",
                            "name a key of several columns once: .primary_key = {\"a\", \"b\"}");
        }
        table.primary_key = {column.name};
    }
    for (auto const& key : table.primary_key) require::existing_column(table, key, title);
    for (auto const& unique : table.unique_keys) {
        for (auto const& column : unique.columns) require::existing_column(table, column, title);
    }
    for (auto const& key : table.foreign_keys) {
        for (auto const& column : key.columns) require::existing_column(table, column, title);
        auto& target = key.table == table.name ? table : require::existing_table(schema, key.table, title);
        for (auto const& column : key.referenced) require::existing_column(target, column, title);
    }
    if (table.autoincrement &&
        (table.primary_key.size() != 1 || !is_rowid_key(table, *table.find(table.primary_key.front())))) {
        require::refuse(
            title, "autoincrement needs one key column of type integer().",
            "declare the key as {.name = \"id\", .type = integer(), .primary_key = true}, or leave autoincrement out");
    }
    schema.tables.push_back(table);
    return Effect{.expand = {MakeTable{table}}, .undo = {RemoveTable{operation.table}}};
}

}  // namespace evolver
