#pragma once

// What the expressions of a plan make of values: SQLite itself is asked, with a table of its own.

#include "dialect/sqlite/connection.hpp"
#include "long/random/setting.hpp"

#include <map>
#include <tuple>

namespace evolver::random_test {

using sqlite::Null;
using sqlite::Value;

/// Along the chain of links.
class Conversion {
public:
    explicit Conversion(std::vector<Link> links);

    /// As the column of `link` keeps it.
    [[nodiscard]] Value stored(std::size_t link, Value const& value) const;
    [[nodiscard]] Value up(std::size_t to, Value const& from) const;
    [[nodiscard]] Value down(std::size_t from, Value const& value) const;
    [[nodiscard]] bool in_sync(std::size_t newer, Value const& old_value, Value const& new_value) const;
    [[nodiscard]] std::vector<Link> const& links() const { return links_; }

private:
    Value computed(std::size_t link, std::string const& expression, Value const& value) const;

    std::vector<Link> links_;
    sqlite::Connection scratch_;
    // The same few values come again and again.
    mutable std::map<std::tuple<std::size_t, std::string, std::string>, Value> known_;
};

/// The second pair: its old column and its new ones.
struct SideValues {
    Value p = Null{};
    Value q1 = Null{};
    Value q2 = Null{};
};

class SideConversion {
public:
    explicit SideConversion(Side side);

    void up(SideValues& values) const;
    void down(SideValues& values) const;
    [[nodiscard]] bool in_sync(SideValues const& values) const;

private:
    Side side_;
    sqlite::Connection scratch_;
};

}  // namespace evolver::random_test
