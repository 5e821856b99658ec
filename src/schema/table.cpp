#include "evolver/schema/table.hpp"

#include <algorithm>

namespace evolver {

namespace {

template <typename Columns>
auto* find_in(Columns& columns, Name const& name) noexcept {
    auto const found =
        std::find_if(columns.begin(), columns.end(), [&](Column const& column) { return column.name == name; });
    return found == columns.end() ? nullptr : &*found;
}

bool may_be_rowid(Type const& type) {
    // SQLite makes exactly the word INTEGER an alias of the rowid: INT and BIGINT are ordinary columns.
    return type.kind() == TypeKind::integer ||
           (type.kind() == TypeKind::declared && same_type_words(type.declared(), "INTEGER"));
}

}  // namespace

Column const* Table::find(Name const& column) const noexcept { return find_in(columns, column); }
Column* Table::find(Name const& column) noexcept { return find_in(columns, column); }

std::vector<Name> Table::key_columns() const {
    if (!primary_key.empty()) return primary_key;
    std::vector<Name> result;
    for (Column const& column : columns) {
        if (column.primary_key) result.push_back(column.name);
    }
    return result;
}

bool is_rowid_key(Table const& table, Column const& column) {
    if (table.without_rowid || !may_be_rowid(column.type)) return false;
    auto const key = table.key_columns();
    return key.size() == 1 && key.front() == column.name;
}

std::string type_words(Table const& table, Column const& column, Engine engine) {
    if (engine == Engine::sqlite && column.type.kind() == TypeKind::integer &&
        (table.strict || is_rowid_key(table, column))) {
        return "INTEGER";
    }
    return type_words(column.type, engine);
}

}  // namespace evolver
