#include "evolver/operation/backfill.hpp"

#include "operation/require.hpp"

#include <algorithm>

namespace evolver {

namespace {

bool contains(std::vector<Name> const& names, Name const& wanted) {
    return std::find(names.begin(), names.end(), wanted) != names.end();
}

void refuse_keys(Schema const& schema, Table const& table, Name const& column, std::string const& title) {
    if (contains(table.key_columns(), column)) {
        require::refuse(
            title,
            "column \"" + column.text() + "\" is part of the key, by which the pass finds its way through the table.",
            "fill a new column, and let the new release use that");
    }
    auto const refuse_reference = [&](std::string const& what) {
        require::refuse(title,
                        "column \"" + column.text() + "\" is part of " + what + ", which a backfill does not look at.",
                        "fill a new column, and make that the key: AddForeignKey, with .clean for what has no parent");
    };
    for (auto const& key : table.foreign_keys) {
        if (contains(key.columns, column)) refuse_reference("a foreign key");
    }
    for (auto const& other : schema.tables) {
        for (auto const& key : other.foreign_keys) {
            if (key.table == table.name && contains(key.referenced, column))
                refuse_reference("what table \"" + other.name.text() + "\" refers to by a foreign key");
        }
    }
}

}  // namespace

Effect effect_of(Backfill const& operation, Schema& schema) {
    std::string const title = "Backfill " + operation.table.text();
    auto& table = require::existing_table(schema, operation.table, title);
    if (operation.set.empty())
        require::refuse(title, "it fills no column.", "say what is in which: .set = {{\"…\", \"…\"}}");
    for (auto one = operation.set.begin(); one != operation.set.end(); ++one) {
        auto const& column = require::existing_column(table, one->column, title);
        if (column.generated)
            require::refuse(title, "column \"" + one->column.text() + "\" is computed by the database.",
                            "leave it out");
        if (std::any_of(operation.set.begin(), one,
                        [&](ColumnValue const& other) { return other.column == one->column; }))
            require::refuse(title, "column \"" + one->column.text() + "\" is set twice.", "leave one of them out");
        refuse_keys(schema, table, one->column, title);
    }
    for (auto one = operation.functions.begin(); one != operation.functions.end(); ++one) {
        if (!one->call)
            require::refuse(title, "the function \"" + one->name.text() + "\" is empty.", "give it a .call");
        if (std::any_of(operation.functions.begin(), one,
                        [&](Function const& other) { return other.name == one->name; }))
            require::refuse(title, "the function \"" + one->name.text() + "\" is given twice.",
                            "leave one of them out");
    }
    auto const read = require::mentioned(table, operation.where);
    if (std::none_of(operation.set.begin(), operation.set.end(),
                     [&](ColumnValue const& one) { return contains(read, one.column); })) {
        require::refuse(title,
                        "`where` reads none of the columns that are set, so it would hold for a filled row as before, "
                        "and a row that "
                        "is met again would be computed twice.",
                        "say in it what is not filled yet: \"" + operation.set.front().column.text() +
                            " IS NULL\"; or mark what is filled: a column more in .set, which .where reads");
    }
    return Effect{.transforms = {{operation.table, operation.set, operation.where}}};
}

}  // namespace evolver
