#pragma once

/// Which types a std::variant can hold, as a question that a concept can ask.

#include <concepts>
#include <variant>

namespace evolver {

template <class Kind, class Variant>
inline constexpr bool is_one_of = false;

template <class Kind, class... Kinds>
inline constexpr bool is_one_of<Kind, std::variant<Kinds...>> = (std::same_as<Kind, Kinds> || ...);

}  // namespace evolver
