#include "operation/require.hpp"

#include "evolver/schema/tokens.hpp"
#include "schema/nearest.hpp"

#include <algorithm>

namespace evolver::require {

namespace {

bool contains(std::vector<Name> const& names, Name const& wanted) {
    return std::find(names.begin(), names.end(), wanted) != names.end();
}

bool mentions(Expression const& expression, Name const& column) {
    for (auto const engine : {Engine::sqlite, Engine::postgresql, Engine::mariadb}) {
        if (expression.has(engine) && mentions_column(expression.text(engine), column.text())) return true;
    }
    return false;
}

}  // namespace

void refuse(std::string const& title, std::string what, std::string instead) {
    throw PlanError{Failure{.what = title + ": " + std::move(what), .instead = std::move(instead)}};
}

Table& existing_table(Schema& schema, Name const& table, std::string const& title) {
    if (auto* found = schema.find_table(table)) return *found;
    std::vector<std::string> known;
    for (auto const& other : schema.tables) known.push_back(other.name.text());
    refuse(title, "there is no table \"" + table.text() + "\".", did_you_mean(table.text(), known));
}

Column& existing_column(Table& table, Name const& column, std::string const& title) {
    if (auto* found = table.find(column)) return *found;
    std::vector<std::string> known;
    for (auto const& other : table.columns) known.push_back(other.name.text());
    refuse(title, "table \"" + table.name.text() + "\" has no column \"" + column.text() + "\".",
           did_you_mean(column.text(), known));
}

void new_table(Schema const& schema, Name const& table, std::string const& title) {
    if (schema.find_table(table) != nullptr) {
        refuse(title, "there is a table \"" + table.text() + "\" already.",
               "if the table is what this migration would have made, say so once: evolver.baseline(\"<id of this "
               "migration>\")");
    }
    for (auto const& view : schema.views) {
        if (view.name == table) refuse(title, "\"" + table.text() + "\" is the name of a view.", "choose another name");
    }
}

void new_column(Table const& table, Name const& column, std::string const& title) {
    if (table.find(column) != nullptr) {
        refuse(title, "table \"" + table.name.text() + "\" has a column \"" + column.text() + "\" already.",
               "choose another name, or leave the operation out");
    }
}

void new_index(Schema const& schema, Name const& index, std::string const& title) {
    if (auto const* found = schema.find_index(index)) {
        refuse(title, "there is an index \"" + index.text() + "\" already, on table \"" + found->table.text() + "\".",
               "choose another name, or leave the operation out");
    }
}

Index& existing_index(Schema& schema, Name const& index, std::string const& title) {
    std::vector<std::string> known;
    for (auto& other : schema.indexes) {
        if (other.name == index) return other;
        known.push_back(other.name.text());
    }
    refuse(title, "there is no index \"" + index.text() + "\".", did_you_mean(index.text(), known));
}

View& existing_view(Schema& schema, Name const& view, std::string const& title) {
    std::vector<std::string> known;
    for (auto& other : schema.views) {
        if (other.name == view) return other;
        known.push_back(other.name.text());
    }
    refuse(title, "there is no view \"" + view.text() + "\".", did_you_mean(view.text(), known));
}

void new_constraint(Table const& table, std::string const& name, std::string const& title) {
    auto const taken = [&](auto const& constraints) {
        return std::any_of(constraints.begin(), constraints.end(),
                           [&](auto const& other) { return same_identifier(other.name, name); });
    };
    if (taken(table.checks) || taken(table.unique_keys) || taken(table.foreign_keys)) {
        refuse(title, "table \"" + table.name.text() + "\" has a constraint \"" + name + "\" already.",
               "choose another name, or leave the operation out");
    }
}

std::vector<Name> mentioned(Table const& table, Expression const& expression) {
    std::vector<Name> columns;
    for (auto const& column : table.columns) {
        if (mentions(expression, column.name)) columns.push_back(column.name);
    }
    return columns;
}

void cleanable(Schema const& schema, Table& table, Rule const& rule, std::string const& title) {
    for (auto const& one : rule.clean) (void)existing_column(table, one.column, title);
    if (!rule.clean.empty() && rule.violators != Violators::refuse) {
        refuse(title, "`clean` and `violators` both say what becomes of a row that breaks the rule.",
               "leave one of them out");
    }
    if (rule.violators != Violators::quarantine) return;
    for (auto const& other : schema.tables) {
        for (auto const& key : other.foreign_keys) {
            if (key.table == table.name) {
                refuse(title,
                       "table \"" + other.name.text() + "\" refers to these rows: without them it would hold orphans.",
                       "clean them instead: .clean");
            }
        }
    }
}

void unconstrained(Schema const& schema, Table const& table, Name const& column, std::string const& title) {
    auto const held = [&](std::string const& by) {
        refuse(title,
               "column \"" + column.text() + "\" is part of " + by +
                   ", which cannot let it go without a rebuild of the table.",
               "keep the column, or move what depends on it first");
    };
    if (contains(table.primary_key, column)) held("the primary key");
    for (auto const& key : table.unique_keys) {
        if (contains(key.columns, column)) held("a UNIQUE constraint");
    }
    for (auto const& check : table.checks) {
        if (mentions(check.condition, column)) held("a CHECK constraint");
    }
    for (auto const& key : table.foreign_keys) {
        if (contains(key.columns, column)) held("a foreign key");
    }
    for (auto const& other : table.columns) {
        if (other.generated && mentions(*other.generated, column))
            held("the generated column \"" + other.name.text() + "\"");
    }
    for (auto const& other : schema.tables) {
        for (auto const& key : other.foreign_keys) {
            if (key.table == table.name && contains(key.referenced, column)) {
                held("what table \"" + other.name.text() + "\" refers to by a foreign key");
            }
        }
    }
}

void reads_only(Table const& table, Expression const& expression, std::vector<Name> const& allowed,
                std::string_view role, std::string const& title) {
    for (auto const& column : table.columns) {
        if (mentions(expression, column.name) && !contains(allowed, column.name)) {
            std::string list;
            for (auto const& name : allowed) list += (list.empty() ? "" : ", ") + name.text();
            refuse(title, "`" + std::string{role} + "` reads the column \"" + column.name.text() + "\"; it may read " +
                              list + " only, because a change of another column would not be carried over.");
        }
    }
}

}  // namespace evolver::require
