#include "evolver/operation/raw_sql.hpp"

#include "operation/require.hpp"

namespace evolver {

Effect effect_of(RawSql const& operation, Schema&) {
    if (!operation.expand && !operation.contract) {
        require::refuse("RawSql", "it does nothing.", "give it .expand or .contract, or leave it out");
    }
    if (operation.verify && !operation.contract) {
        require::refuse("RawSql", ".verify is asked before .contract, and there is none.", "give it .contract");
    }
    Effect effect;
    if (operation.expand) effect.expand = {RunScript{*operation.expand}};
    if (operation.contract) effect.contract = {RunScript{*operation.contract, operation.verify}};
    if (operation.undo) effect.undo = {RunScript{*operation.undo}};
    return effect;
}

}  // namespace evolver
