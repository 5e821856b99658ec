#include "evolver/operation/drop_check.hpp"

#include "evolver/schema/tokens.hpp"
#include "operation/require.hpp"

#include <algorithm>

namespace evolver {

Effect effect_of(DropCheck const& operation, Schema& schema) {
    std::string const title = "DropCheck " + operation.table.text() + "." + operation.name;
    auto& table = require::existing_table(schema, operation.table, title);
    if (operation.name.empty() && !operation.condition)
        require::refuse(title, "it says neither a name nor a condition.", "name the check: .name = \"…\"");
    auto const found = std::find_if(table.checks.begin(), table.checks.end(), [&](Check const& check) {
        if (!operation.name.empty()) return same_identifier(check.name, operation.name);
        return check.name.empty() && normalised(check.condition.text(Engine::sqlite)) ==
                                         normalised(operation.condition->text(Engine::sqlite));
    });
    if (found == table.checks.end()) {
        std::string known;
        for (auto const& check : table.checks) {
            known += (known.empty() ? "there are: " : ", ") +
                     (check.name.empty() ? "CHECK (" + check.condition.text(Engine::sqlite) + ")" : check.name);
        }
        require::refuse(title, "the table has no such check.", known.empty() ? "it has no check at all" : known);
    }
    Check const check = *found;
    table.checks.erase(found);
    return Effect{.contract = {RemoveCheck{operation.table, check}}};
}

}  // namespace evolver
