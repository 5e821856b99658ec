// Bodies of dual_column.hpp that are longer than a line.

#include <stdexcept>
#include <type_traits>

namespace evolver {

template <class New, class Old>
template <class Wanted, class Values>
Wanted DualColumn<New, Old>::convert(Values const& values, int at) {
    auto const position = static_cast<std::size_t>(at);
    // soci::data_type: the same numbers in 4.0 and 4.1.
    enum : int { string_type = 0, double_type = 2, integer_type = 3, long_long_type = 4, unsigned_long_long_type = 5 };
    int const type = static_cast<int>(values.get_properties(position).get_data_type());
    auto const as = [](auto const& value) -> Wanted {
        using Held = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Held, Wanted>) {
            return value;
        } else if constexpr (std::is_arithmetic_v<Held> && std::is_arithmetic_v<Wanted>) {
            return static_cast<Wanted>(value);
        } else if constexpr (std::is_arithmetic_v<Held> && std::is_same_v<Wanted, std::string>) {
            return std::to_string(value);
        } else if constexpr (std::is_same_v<Held, std::string> && std::is_integral_v<Wanted>) {
            return static_cast<Wanted>(std::stoll(value));
        } else if constexpr (std::is_same_v<Held, std::string> && std::is_floating_point_v<Wanted>) {
            return static_cast<Wanted>(std::stod(value));
        } else {
            throw std::invalid_argument{"evolver: this column's type cannot be converted; read it with soci::values::get"};
        }
    };
    switch (type) {
        case double_type: return as(values.template get<double>(position));
        case integer_type: return as(values.template get<int>(position));
        case long_long_type: return as(values.template get<long long>(position));
        case unsigned_long_long_type: return as(values.template get<unsigned long long>(position));
        case string_type: return as(values.template get<std::string>(position));
        default: return values.template get<Wanted>(position);
    }
}

}  // namespace evolver
