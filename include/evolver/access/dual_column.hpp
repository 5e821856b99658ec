#pragma once

/// A column that changes its type or meaning, for SOCI's object mapping (soci::type_conversion with soci::values).

#include <string>
#include <string_view>
#include <utility>

namespace evolver {

/// Declares once how a new column and its old one are computed from each other in C++.
///
///     inline const evolver::DualColumn<long long, std::string> size_bytes{"size_bytes", "size", to_bytes, to_text};
///
///     template <> struct soci::type_conversion<Package> {
///         using base_type = soci::values;
///         static void from_base(values const& v, indicator, Package& p) { p.size_bytes = size_bytes.read(v); }
///         static void to_base(Package const& p, values& v, indicator& i) { size_bytes.write(v, p.size_bytes); i = i_ok; }
///     };
///
/// Bind objects as const (`soci::use(std::as_const(package))`): for others SOCI calls from_base after the insert, with nothing in it.
/// Threads: immutable; safe to share.
template <class New, class Old>
class DualColumn {
public:
    using Up = New (*)(Old const&);
    using Down = Old (*)(New const&);

    DualColumn(std::string_view new_name, std::string_view old_name, Up up, Down down)
        : new_name_{new_name}, old_name_{old_name}, up_{up}, down_{down} {}

    /// Sets `new_name`, which LiveTable's statements bind, and the old value as `was_<new_name>` for statements written by hand. (Not under
    /// the old name: SOCI takes a bind's name for another where one is the other's beginning up to `_`.)
    template <class Values>
    void write(Values& values, New const& value) const {
        values.set(new_name_, value);
        values.set("was_" + new_name_, down_(value));
    }

    /// The new column where the row has it and it is not NULL; otherwise computed from the old one; otherwise `absent`. A column that the
    /// row does not have is taken for NULL.
    template <class Values>
    [[nodiscard]] New read(Values const& values, New const& absent = New{}) const {
        if (auto const at = position_of(values, new_name_); at >= 0 && !is_null(values, at))
            return convert<New>(values, at);
        if (auto const at = position_of(values, old_name_); at >= 0 && !is_null(values, at))
            return up_(convert<Old>(values, at));
        return absent;
    }

private:
    template <class Values>
    static int position_of(Values const& values, std::string const& name) {
        auto const count = static_cast<int>(values.get_number_of_columns());
        for (int i = 0; i < count; ++i) {
            if (values.get_properties(static_cast<std::size_t>(i)).get_name() == name) return i;
        }
        return -1;
    }

    template <class Values>
    static bool is_null(Values const& values, int at) {
        // SOCI's i_null is 1: i_ok, i_null, i_truncated.
        return static_cast<int>(values.get_indicator(static_cast<std::size_t>(at))) == 1;
    }

    template <class Wanted, class Values>
    static Wanted convert(Values const& values, int at);

    std::string new_name_;
    std::string old_name_;
    Up up_;
    Down down_;
};

}  // namespace evolver

#include "evolver/access/dual_column.ipp"
