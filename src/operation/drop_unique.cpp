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
    auto const& table = require::existing_table(schema, operation.table, title);
    auto const found = std::find_if(schema.indexes.begin(), schema.indexes.end(), [&](Index const& index) {
        return is_over(index, operation.table, operation.columns);
    });
    if (found == schema.indexes.end()) {
        bool const inside = std::any_of(table.unique_keys.begin(), table.unique_keys.end(),
                                        [&](UniqueKey const& key) { return key.columns == operation.columns; });
        require::refuse(title,
                        inside ? "the UNIQUE constraint stands in the table's own text, and cannot let go without a "
                                 "rebuild of the table."
                               : "the table has no unique index over exactly these columns.",
                        inside ? "rebuild the table: make a new one without the constraint, and move the rows"
                               : "name the columns of the index, in its order");
    }
    Name const name = found->name;
    schema.indexes.erase(found);
    return Effect{.contract = {RemoveIndex{name}}};
}

}  // namespace evolver
