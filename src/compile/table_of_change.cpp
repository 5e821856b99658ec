#include "compile/table_of_change.hpp"

#include <variant>

namespace evolver {

std::string table_of_change(Change const& change) {
    struct Visitor {
        std::string operator()(MakeTable const& made) const { return made.table.name.text(); }
        std::string operator()(MakeIndex const& made) const { return made.index.table.text(); }
        std::string operator()(RemoveIndex const&) const { return {}; }
        std::string operator()(RunScript const&) const { return {}; }
        std::string operator()(CallCode const&) const { return {}; }
        std::string operator()(RemoveTable const& removed) const { return removed.table.text(); }
        std::string operator()(MoveTable const& moved) const { return moved.table.text(); }
        std::string operator()(MakeColumn const& made) const { return made.table.text(); }
        std::string operator()(RemoveColumn const& removed) const { return removed.table.text(); }
        std::string operator()(MakeAlias const& made) const { return made.table.text(); }
        std::string operator()(RemoveAlias const& removed) const { return removed.table.text(); }
        std::string operator()(SettleAlias const& settled) const { return settled.table.text(); }
        std::string operator()(DeclareColumn const& declared) const { return declared.table.text(); }
        std::string operator()(MakeCheck const& made) const { return made.table.text(); }
        std::string operator()(RemoveCheck const& removed) const { return removed.table.text(); }
        std::string operator()(MakeForeignKey const& made) const { return made.table.text(); }
        std::string operator()(RemoveForeignKey const& removed) const { return removed.table.text(); }
        std::string operator()(RemoveUnique const& removed) const { return removed.table.text(); }
        std::string operator()(ReplacePrimaryKey const& replaced) const { return replaced.table.text(); }
        std::string operator()(MakeView const&) const { return {}; }
        std::string operator()(RemoveView const&) const { return {}; }
    };
    return std::visit(Visitor{}, change);
}

}  // namespace evolver
