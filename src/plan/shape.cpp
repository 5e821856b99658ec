#include "evolver/plan/shape.hpp"

#include <algorithm>

namespace evolver {

bool Shape::has(Name const& column) const noexcept {
    return std::find(columns.begin(), columns.end(), column) != columns.end();
}

}  // namespace evolver
