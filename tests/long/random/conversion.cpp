#include "long/random/conversion.hpp"

namespace evolver::random_test {

Conversion::Conversion(std::vector<Link> links) : links_{std::move(links)}, scratch_{sqlite::Connection::in_memory()} {
    std::string columns;
    for (auto const& link : links_)
        columns += (columns.empty() ? "" : ", ") + link.column + (link.number ? " BIGINT" : " TEXT");
    scratch_.run("CREATE TABLE s (" + columns + ")");
}

Value Conversion::stored(std::size_t link, Value const& value) const {
    return computed(link, links_[link].column, value);
}

Value Conversion::up(std::size_t to, Value const& from) const {
    if (links_[to].up.empty()) return from;
    return stored(to, computed(to - 1, links_[to].up, from));
}

Value Conversion::down(std::size_t from, Value const& value) const {
    if (links_[from].down.empty()) return value;
    return stored(from - 1, computed(from, links_[from].down, value));
}

bool Conversion::in_sync(std::size_t newer, Value const& old_value, Value const& new_value) const {
    return new_value == up(newer, old_value) || old_value == down(newer, new_value);
}

/// Of a row whose column of `link` holds `value`.
Value Conversion::computed(std::size_t link, std::string const& expression, Value const& value) const {
    auto const [known, fresh] = known_.try_emplace({link, expression, to_text(value)});
    if (!fresh) return known->second;
    scratch_.run("DELETE FROM s");
    auto insert = scratch_.prepare("INSERT INTO s (" + links_[link].column + ") VALUES (?)");
    insert.bind(1, value);
    insert.run();
    known->second = scratch_.scalar("SELECT " + expression + " FROM s");
    return known->second;
}

SideConversion::SideConversion(Side side) : side_{side}, scratch_{sqlite::Connection::in_memory()} {
    scratch_.run(side == Side::changed ? "CREATE TABLE s (p TEXT, q1 BIGINT, q2 TEXT)"
                                       : "CREATE TABLE s (p TEXT, q1 TEXT, q2 TEXT)");
}

void SideConversion::up(SideValues& values) const {
    scratch_.run("DELETE FROM s");
    auto insert = scratch_.prepare("INSERT INTO s (p) VALUES (?)");
    insert.bind(1, values.p);
    insert.run();
    auto const expressions = side_up(side_);
    values.q1 = scratch_.scalar("SELECT " + expressions.front() + " FROM s");
    values.q2 = expressions.size() > 1 ? scratch_.scalar("SELECT " + expressions[1] + " FROM s") : Value{Null{}};
}

void SideConversion::down(SideValues& values) const {
    scratch_.run("DELETE FROM s");
    auto insert = scratch_.prepare("INSERT INTO s (q1, q2) VALUES (?, ?)");
    insert.bind(1, values.q1).bind(2, values.q2);
    insert.run();
    values.p = scratch_.scalar("SELECT " + side_down(side_) + " FROM s");
}

bool SideConversion::in_sync(SideValues const& values) const {
    auto other = values;
    up(other);
    if (other.q1 == values.q1 && other.q2 == values.q2) return true;
    other = values;
    down(other);
    return other.p == values.p;
}

}  // namespace evolver::random_test
