#include "operation/replace.hpp"

#include "evolver/schema/tokens.hpp"

#include <algorithm>

namespace evolver {

namespace {

bool mentions(Expression const& expression, Name const& column) {
    return expression.has(Engine::sqlite) && mentions_column(expression.text(Engine::sqlite), column.text());
}

/// A name as it has to stand in an expression, whatever its letters.
std::string quoted(std::string_view name, Engine engine) {
    char const quote = engine == Engine::mariadb ? '`' : '"';
    std::string text{quote};
    for (char const letter : name) {
        text += letter;
        if (letter == quote) text += quote;
    }
    return text + quote;
}

}  // namespace

Expression renamed(Expression const& expression, Name const& from, Name const& to) {
    auto const in = [&](Engine engine) {
        if (!expression.has(engine)) return std::string{};
        return replace_columns(expression.text(engine), [&](std::string const& name) -> std::optional<std::string> {
            return same_identifier(name, from.text()) ? std::optional{quoted(to.text(), engine)} : std::nullopt;
        });
    };
    return Expression{EngineTexts{in(Engine::sqlite), in(Engine::postgresql), in(Engine::mariadb)}};
}

std::vector<Index> indexes_on(Schema const& schema, Name const& table, Name const& column) {
    std::vector<Index> found;
    for (auto const& index : schema.indexes) {
        if (!(index.table == table)) continue;
        bool const in_parts = std::any_of(index.parts.begin(), index.parts.end(), [&](IndexPart const& part) {
            return part.column ? same_identifier(part.expression.text(Engine::sqlite), column.text())
                               : mentions(part.expression, column);
        });
        if (in_parts || (index.where && mentions(*index.where, column))) found.push_back(index);
    }
    return found;
}

Index renamed(Index index, Name const& from, Name const& to) {
    for (auto& part : index.parts) {
        if (part.column) {
            if (same_identifier(part.expression.text(Engine::sqlite), from.text()))
                part.expression = Expression{to.text()};
        } else {
            part.expression = renamed(part.expression, from, to);
        }
    }
    if (index.where) index.where = renamed(*index.where, from, to);
    return index;
}

void forget_column(Schema& schema, Table& table, Name const& column) {
    for (auto const& index : indexes_on(schema, table.name, column)) {
        std::erase_if(schema.indexes, [&](Index const& other) { return other.name == index.name; });
    }
    std::erase_if(table.columns, [&](Column const& other) { return other.name == column; });
}

void rename_table(Schema& schema, Name const& from, Name const& to) {
    auto const follow = [&](Name& name) {
        if (name == from) name = to;
    };
    for (auto& table : schema.tables) {
        follow(table.name);
        for (auto& key : table.foreign_keys) follow(key.table);
    }
    for (auto& index : schema.indexes) follow(index.table);
    for (auto& trigger : schema.triggers) follow(trigger.table);
}

}  // namespace evolver
