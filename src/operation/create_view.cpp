#include "evolver/operation/create_view.hpp"

#include "operation/require.hpp"

namespace evolver {

Effect effect_of(CreateView const& operation, Schema& schema) {
    std::string const title = "CreateView " + operation.name.text();
    require::new_table(schema, operation.name, title);
    schema.views.push_back({operation.name, operation.query.text(Engine::sqlite)});
    return Effect{.expand = {MakeView{operation.name, operation.query}}, .undo = {RemoveView{operation.name}}};
}

}  // namespace evolver
