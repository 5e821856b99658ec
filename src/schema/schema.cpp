#include "evolver/schema/schema.hpp"

#include <algorithm>

namespace evolver {

namespace {

template <typename Objects>
auto* find_in(Objects& objects, Name const& name) noexcept {
    auto const found =
        std::find_if(objects.begin(), objects.end(), [&](auto const& object) { return object.name == name; });
    return found == objects.end() ? nullptr : &*found;
}

}  // namespace

Table const* Schema::find_table(Name const& name) const noexcept { return find_in(tables, name); }
Table* Schema::find_table(Name const& name) noexcept { return find_in(tables, name); }
Index const* Schema::find_index(Name const& name) const noexcept { return find_in(indexes, name); }
View const* Schema::find_view(Name const& name) const noexcept { return find_in(views, name); }

}  // namespace evolver
