#include "evolver/operation/add_foreign_key.hpp"

#include "evolver/schema/tokens.hpp"
#include "operation/require.hpp"

#include <algorithm>

namespace evolver {

namespace {

bool is_action(std::string const& action) {
    for (auto const* known : {"NO ACTION", "RESTRICT", "SET NULL", "SET DEFAULT", "CASCADE"}) {
        if (same_identifier(action, known)) return true;
    }
    return false;
}

/// What a foreign key may point to: the primary key, or columns that are unique together.
bool is_unique(Schema const& schema, Table const& table, std::vector<Name> const& columns) {
    auto const same = [&](std::vector<Name> const& other) {
        return std::is_permutation(columns.begin(), columns.end(), other.begin(), other.end());
    };
    if (same(table.key_columns())) return true;
    if (std::any_of(table.unique_keys.begin(), table.unique_keys.end(),
                    [&](UniqueKey const& key) { return same(key.columns); }))
        return true;
    return std::any_of(schema.indexes.begin(), schema.indexes.end(), [&](Index const& index) {
        if (!index.unique || index.where || !(index.table == table.name)) return false;
        std::vector<Name> parts;
        for (auto const& part : index.parts) {
            if (!part.column) return false;
            parts.emplace_back(part.expression.text(Engine::sqlite));
        }
        return same(parts);
    });
}

}  // namespace

Effect effect_of(AddForeignKey const& operation, Schema& schema) {
    auto key = operation.key;
    std::string const title = "AddForeignKey " + operation.table.text() + " to " + key.table.text();
    auto& table = require::existing_table(schema, operation.table, title);
    if (!key.name.empty()) require::new_constraint(table, key.name, title);
    if (key.columns.empty()) require::refuse(title, "it names no column.");
    for (auto const& column : key.columns) require::existing_column(table, column, title);
    auto& parent = require::existing_table(schema, key.table, title);
    for (auto const& column : key.referenced) require::existing_column(parent, column, title);
    auto const referenced = key.referenced.empty() ? parent.key_columns() : key.referenced;
    if (referenced.size() != key.columns.size() || !is_unique(schema, parent, referenced)) {
        require::refuse(title,
                        "what it refers to is neither the primary key of \"" + key.table.text() + "\" nor unique.",
                        "name the columns of a key: .referenced = {…}, or add one first: AddUnique");
    }
    for (auto* action : {&key.on_delete, &key.on_update}) {
        if (!is_action(*action)) {
            require::refuse(title, "there is no action \"" + *action + "\".",
                            "NO ACTION, RESTRICT, SET NULL, SET DEFAULT or CASCADE");
        }
        std::transform(action->begin(), action->end(), action->begin(), [](char letter) {
            return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 32) : letter;
        });
    }
    auto seen = key;
    seen.referenced = referenced;
    Rule rule{.kind = RuleKind::foreign_key,
              .table = operation.table,
              .columns = key.columns,
              .reference = seen,
              .clean = operation.clean,
              .violators = operation.violators};
    require::cleanable(schema, table, rule, title);
    table.foreign_keys.push_back(key);
    return Effect{.rules = {rule}, .contract = {MakeForeignKey{operation.table, key}}, .lock = operation.lock};
}

}  // namespace evolver
