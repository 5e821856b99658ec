#include "evolver/operation/change.hpp"

#include <utility>

namespace evolver {

template <class Kind>
requires is_one_of<Kind, ChangeVariant> Change::Change(Kind change) : ChangeVariant{std::move(change)} {}
Change::Change(Change const& other) = default;
Change::Change(Change&& other) noexcept = default;
Change& Change::operator=(Change const& other) = default;
Change& Change::operator=(Change&& other) noexcept = default;
Change::~Change() = default;

// The constructors that the header declares, one per kind: a kind that is missing here does not link.
template Change::Change(MakeTable);
template Change::Change(RemoveTable);
template Change::Change(MoveTable);
template Change::Change(MakeColumn);
template Change::Change(RemoveColumn);
template Change::Change(MakeAlias);
template Change::Change(RemoveAlias);
template Change::Change(SettleAlias);
template Change::Change(DeclareColumn);
template Change::Change(MakeCheck);
template Change::Change(RemoveCheck);
template Change::Change(MakeForeignKey);
template Change::Change(RemoveForeignKey);
template Change::Change(RemoveUnique);
template Change::Change(ReplacePrimaryKey);
template Change::Change(MakeIndex);
template Change::Change(RemoveIndex);
template Change::Change(MakeView);
template Change::Change(RemoveView);
template Change::Change(RunScript);
template Change::Change(CallCode);

}  // namespace evolver
