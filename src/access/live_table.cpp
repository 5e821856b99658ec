#include "evolver/access/live_table.hpp"

#include "access/access_state.hpp"
#include "evolver/schema/tokens.hpp"

#include <algorithm>

namespace evolver {

namespace {

std::vector<std::string> copied(std::initializer_list<std::string_view> columns) {
    std::vector<std::string> names;
    for (auto const& column : columns) names.emplace_back(column);
    return names;
}

std::vector<Name> names_of(std::vector<std::string> const& columns) {
    std::vector<Name> names;
    for (auto const& column : columns) names.emplace_back(column);
    return names;
}

std::string key_of(std::string_view kind, Name const& table, std::vector<std::string> const& parts) {
    std::string key{kind};
    key += '\0' + table.text();
    for (auto const& part : parts) key += '\0' + part;
    return key;
}

/// The recipe of a statement over the shape of `table`.
auto over(Name const& table, detail::AccessState::Recipe recipe) {
    return [table, recipe = std::move(recipe)](detail::AccessState& state, detail::Moment const& moment) {
        return state.text(moment, table, recipe);
    };
}

auto any_of(std::vector<Name> names) {
    return [names = std::move(names)](Name const& column) {
        return std::find(names.begin(), names.end(), column) != names.end();
    };
}

}  // namespace

LiveSql LiveTable::insert_columns(std::vector<std::string> const& columns) const {
    return LiveSql{state_,
                   over(name_, {.key = key_of("insert", name_, columns),
                                .write = [columns](AccessSql const& sql) { return sql.insert(names_of(columns)); }})};
}

LiveSql LiveTable::insert(std::initializer_list<std::string_view> columns) const {
    return insert_columns(copied(columns));
}

LiveSql LiveTable::update(std::initializer_list<Set> assignments) const {
    std::vector<std::string> parts;
    for (auto const& assignment : assignments) {
        parts.emplace_back(assignment.column);
        parts.emplace_back(assignment.value.empty() ? placeholder(Name{assignment.column})
                                                    : std::string{assignment.value});
    }
    auto const write = [parts](AccessSql const& sql) {
        std::vector<Assignment> all;
        for (std::size_t i = 0; i < parts.size(); i += 2) all.push_back({Name{parts[i]}, parts[i + 1]});
        return sql.update(all);
    };
    auto const reads = [parts](Name const& column) {
        for (std::size_t i = 1; i < parts.size(); i += 2) {
            if (mentions_column(parts[i], column.text())) return true;
        }
        return false;
    };
    return LiveSql{state_, over(name_, {.key = key_of("update", name_, parts), .write = write, .reads = reads})};
}

LiveSql LiveTable::remove() const {
    return LiveSql{state_, over(name_, {.key = key_of("delete", name_, {}),
                                        .write = [](AccessSql const& sql) { return sql.remove(); }})};
}

LiveSql LiveTable::select_columns(std::vector<std::string> const& columns) const {
    auto const write = [columns](AccessSql const& sql) { return sql.select(names_of(columns)); };
    return LiveSql{
        state_,
        over(name_, {.key = key_of("select", name_, columns), .write = write, .reads = any_of(names_of(columns))})};
}

LiveSql LiveTable::select(std::initializer_list<std::string_view> columns) const {
    return select_columns(copied(columns));
}

LiveSql LiveTable::from(std::string_view alias) const {
    auto const write = [alias = std::string{alias}](AccessSql const& sql) { return sql.from(alias); };
    return LiveSql{state_, over(name_, {.key = key_of("from", name_, {std::string{alias}}),
                                        .write = write,
                                        .reads = [](Name const&) { return true; }})};
}

LiveSql LiveTable::column(std::string_view column) const {
    auto const write = [column = Name{column}](AccessSql const& sql) { return sql.column(column); };
    return LiveSql{state_, over(name_, {.key = key_of("column", name_, {std::string{column}}),
                                        .write = write,
                                        .reads = any_of({Name{column}})})};
}

}  // namespace evolver
