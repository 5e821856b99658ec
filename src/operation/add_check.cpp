#include "evolver/operation/add_check.hpp"

#include "evolver/schema/tokens.hpp"
#include "operation/require.hpp"

#include <algorithm>

namespace evolver {

Effect effect_of(AddCheck const& operation, Schema& schema) {
    std::string const title = "AddCheck " + operation.table.text() + "." + operation.name.text();
    auto& table = require::existing_table(schema, operation.table, title);
    require::new_constraint(table, operation.name.text(), title);
    Rule rule{.kind = RuleKind::check,
              .table = operation.table,
              .columns = require::mentioned(table, operation.condition),
              .condition = operation.condition,
              .clean = operation.clean,
              .violators = operation.violators};
    if (rule.columns.empty())
        require::refuse(title, "the condition reads no column of the table.", "name a column in it");
    require::cleanable(schema, table, rule, title);
    Check const check{.name = operation.name.text(), .condition = operation.condition};
    table.checks.push_back(check);
    return Effect{.rules = {rule}, .contract = {MakeCheck{operation.table, check}}, .lock = operation.lock};
}

}  // namespace evolver
