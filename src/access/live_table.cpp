#include "evolver/access/live_table.hpp"

#include "access/access_state.hpp"
#include "dialect/sqlite/access_sql.hpp"

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

}  // namespace

LiveSql LiveTable::insert_columns(std::vector<std::string> const& columns) const {
    return LiveSql{state_, [name = name_, columns, key = key_of("insert", name_, columns)](detail::AccessState& state,
                                                                                           std::uint64_t epoch) {
                       return state.text(epoch, name, key, [&](Shape const& shape) {
                           return sqlite::insert_sql(shape, names_of(columns));
                       });
                   }};
}

LiveSql LiveTable::insert(std::initializer_list<std::string_view> columns) const {
    return insert_columns(copied(columns));
}

LiveSql LiveTable::update(std::initializer_list<Set> assignments) const {
    std::vector<std::string> parts;
    for (auto const& assignment : assignments) {
        parts.emplace_back(assignment.column);
        parts.emplace_back(assignment.value.empty() ? sqlite::placeholder(Name{assignment.column})
                                                    : std::string{assignment.value});
    }
    return LiveSql{state_, [name = name_, parts, key = key_of("update", name_, parts)](detail::AccessState& state,
                                                                                       std::uint64_t epoch) {
                       return state.text(epoch, name, key, [&](Shape const& shape) {
                           std::vector<sqlite::Assignment> all;
                           for (std::size_t i = 0; i < parts.size(); i += 2)
                               all.push_back({Name{parts[i]}, parts[i + 1]});
                           return sqlite::update_sql(shape, all);
                       });
                   }};
}

LiveSql LiveTable::remove() const {
    return LiveSql{
        state_, [name = name_, key = key_of("delete", name_, {})](detail::AccessState& state, std::uint64_t epoch) {
            return state.text(epoch, name, key, [](Shape const& shape) { return sqlite::delete_sql(shape); });
        }};
}

LiveSql LiveTable::select_columns(std::vector<std::string> const& columns) const {
    return LiveSql{state_, [name = name_, columns, key = key_of("select", name_, columns)](detail::AccessState& state,
                                                                                           std::uint64_t epoch) {
                       return state.text(epoch, name, key, [&](Shape const& shape) {
                           return sqlite::select_sql(shape, names_of(columns));
                       });
                   }};
}

LiveSql LiveTable::select(std::initializer_list<std::string_view> columns) const {
    return select_columns(copied(columns));
}

LiveSql LiveTable::from(std::string_view alias) const {
    return LiveSql{
        state_, [name = name_, alias = std::string{alias}, key = key_of("from", name_, {std::string{alias}})](
                    detail::AccessState& state, std::uint64_t epoch) {
            return state.text(epoch, name, key, [&](Shape const& shape) { return sqlite::from_sql(shape, alias); });
        }};
}

LiveSql LiveTable::column(std::string_view column) const {
    return LiveSql{state_,
                   [name = name_, column = std::string{column}, key = key_of("column", name_, {std::string{column}})](
                       detail::AccessState& state, std::uint64_t epoch) {
                       return state.text(epoch, name, key,
                                         [&](Shape const& shape) { return sqlite::column_sql(shape, Name{column}); });
                   }};
}

}  // namespace evolver
