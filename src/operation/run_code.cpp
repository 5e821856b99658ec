#include "evolver/operation/run_code.hpp"

#include "operation/require.hpp"

namespace evolver {

Effect effect_of(RunCode const& operation, Schema&) {
    if (!operation.expand && !operation.contract) {
        require::refuse("RunCode " + operation.name.text(), "it does nothing.",
                        "give it .expand or .contract, or leave it out");
    }
    auto const call = [&](std::function<void(CodeDatabase&)> const& code) { return CallCode{operation.name, code}; };
    Effect effect;
    if (operation.expand) effect.expand = {call(operation.expand)};
    if (operation.contract) effect.contract = {call(operation.contract)};
    if (operation.undo) effect.undo = {call(operation.undo)};
    return effect;
}

}  // namespace evolver
