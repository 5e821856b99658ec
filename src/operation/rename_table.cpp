#include "evolver/operation/rename_table.hpp"

#include "operation/replace.hpp"
#include "operation/require.hpp"

namespace evolver {

Effect effect_of(RenameTable const& operation, Schema& schema) {
    std::string const title = "RenameTable " + operation.from.text();
    (void)require::existing_table(schema, operation.from, title);
    require::new_table(schema, operation.to, title);
    if (schema.find_index(operation.to) != nullptr)
        require::refuse(title, "\"" + operation.to.text() + "\" is the name of an index.", "choose another name");
    rename_table(schema, operation.from, operation.to);
    return Effect{.moves = {{operation.from, operation.to}}, .contract = {MoveTable{operation.from, operation.to}}};
}

}  // namespace evolver
