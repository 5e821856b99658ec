#include "evolver/operation/drop_index.hpp"

#include "operation/require.hpp"

namespace evolver {

Effect effect_of(DropIndex const& operation, Schema& schema) {
    std::string const title = "DropIndex " + operation.name.text();
    require::existing_index(schema, operation.name, title);
    std::erase_if(schema.indexes, [&](Index const& index) { return index.name == operation.name; });
    return Effect{.contract = {RemoveIndex{operation.name}}};
}

}  // namespace evolver
