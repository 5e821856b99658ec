#include "evolver/operation/drop_view.hpp"

#include "operation/require.hpp"

namespace evolver {

Effect effect_of(DropView const& operation, Schema& schema) {
    require::existing_view(schema, operation.name, "DropView " + operation.name.text());
    std::erase_if(schema.views, [&](View const& view) { return view.name == operation.name; });
    return Effect{.contract = {RemoveView{operation.name}}};
}

}  // namespace evolver
