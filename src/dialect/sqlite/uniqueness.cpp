#include "dialect/sqlite/uniqueness.hpp"

#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/joined.hpp"
#include "evolver/schema/tokens.hpp"

#include <optional>

namespace evolver::sqlite {

namespace {

/// A part of an index as the catalogue knows it; without a column it is an expression.
struct Part {
    std::optional<Name> column;
    std::string collation;
};

std::vector<Part> parts_of(Connection const& schema, std::string const& index) {
    std::vector<Part> parts;
    auto rows = schema.prepare("SELECT name, coll FROM pragma_index_xinfo(?1) WHERE key = 1 ORDER BY seqno");
    rows.bind(1, std::string_view{index});
    while (rows.step())
        parts.push_back({rows.is_null(0) ? std::nullopt : std::optional{Name{rows.text(0)}}, rows.text(1)});
    return parts;
}

std::string over_new(Table const& table, std::string const& expression) {
    return replace_columns(expression, [&](std::string const& name) -> std::optional<std::string> {
        return table.find(Name{name}) == nullptr ? std::nullopt : std::optional{"NEW." + quoted(name)};
    });
}

}  // namespace

std::vector<Uniqueness> uniquenesses(Connection const& schema, Name const& name) {
    std::vector<Uniqueness> found;
    auto const table = inspect_table(schema, name);
    auto const key = row_key(schema, name);
    auto const equal = [](std::string const& column, std::string const& collation) {
        return column + (collation.empty() ? "" : " COLLATE " + quoted(collation));
    };
    if (!key.hidden_rowid && !key.rowid_alias.empty()) {
        auto const column = quoted(key.columns.front().text());
        found.push_back({.columns = key.columns, .same_as_new = "(" + column + " = NEW." + column + ")"});
    }
    auto indexes =
        schema.prepare("SELECT name FROM pragma_index_list(?1) WHERE \"unique\" = 1 ORDER BY origin = 'pk' DESC, name");
    indexes.bind(1, std::string_view{name.text()});
    while (indexes.step()) {
        Uniqueness one;
        // Those behind PRIMARY KEY and UNIQUE have no text: they are over columns, and of all rows.
        auto const declared = inspect_index(schema, Name{indexes.text(0)});
        bool plain = !declared || !declared->where;
        std::string condition;
        std::size_t number = 0;
        for (auto const& part : parts_of(schema, indexes.text(0))) {
            std::string left;
            std::string right;
            if (part.column) {
                left = quoted(part.column->text());
                right = "NEW." + left;
                one.columns.push_back(*part.column);
            } else {
                plain = false;
                left = "(" + declared->parts[number].expression.text(Engine::sqlite) + ")";
                right = over_new(*table, left);
            }
            condition += (number++ > 0 ? " AND " : "") + equal(left, part.collation) + " = " + right;
        }
        if (!plain) one.columns.clear();
        if (declared && declared->where) {
            auto const& where = declared->where->text(Engine::sqlite);
            condition += " AND (" + where + ") AND (" + over_new(*table, where) + ")";
        }
        one.same_as_new = "(" + condition + ")";
        found.push_back(std::move(one));
    }
    return found;
}

}  // namespace evolver::sqlite
