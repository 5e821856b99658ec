#include "evolver/operation/rename_table.hpp"

#include "operation/replace.hpp"
#include "operation/require.hpp"

namespace evolver {

Effect effect_of(RenameTable const& operation, Schema& schema) {
    std::string const title = "RenameTable " + operation.from.text();
    (void)require::existing_table(schema, operation.from, title);
    if (operation.from == operation.to) {
        // Both would be there until contract, and every name is looked up without the case of its letters.
        bool const same = operation.from.text() == operation.to.text();
        require::refuse(title,
                        same
                            ? "the table has that name."
                            : "\"" + operation.to.text() +
                                  "\" differs from it by the case of letters alone, and evolver could not tell the two "
                                  "apart while both serve.",
                        same ? "leave the operation out"
                             : "give it another name, and \"" + operation.to.text() +
                                   "\" by a later migration, once that one is contracted");
    }
    require::new_table(schema, operation.to, title);
    if (schema.find_index(operation.to) != nullptr)
        require::refuse(title, "\"" + operation.to.text() + "\" is the name of an index.", "choose another name");
    rename_table(schema, operation.from, operation.to);
    return Effect{.moves = {{operation.from, operation.to}}, .contract = {MoveTable{operation.from, operation.to}}};
}

}  // namespace evolver
