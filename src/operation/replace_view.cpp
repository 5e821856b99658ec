#include "evolver/operation/replace_view.hpp"

#include "operation/require.hpp"

namespace evolver {

Effect effect_of(ReplaceView const& operation, Schema& schema) {
    auto& view = require::existing_view(schema, operation.name, "ReplaceView " + operation.name.text());
    view.sql = operation.query.text(Engine::sqlite);
    return Effect{.contract = {RemoveView{operation.name}, MakeView{operation.name, operation.query}}};
}

}  // namespace evolver
