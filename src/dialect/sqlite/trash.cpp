#include "dialect/sqlite/trash.hpp"

namespace evolver::sqlite {

Name free_trash(Connection const& schema) {
    for (int number = 1;; ++number) {
        Name const candidate{std::string{trash_prefix} + std::to_string(number)};
        if (!inspect_table(schema, candidate)) return candidate;
    }
}

std::optional<Name> first_trash(Connection const& connection) {
    auto tables = connection.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'evolver_trash_[0-9]*' ORDER BY rowid LIMIT "
        "1");
    return tables.step() ? std::optional{Name{tables.text(0)}} : std::nullopt;
}

std::optional<Name> first_index_of(Connection const& connection, Name const& trash) {
    auto indexes = connection.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?1 AND sql IS NOT NULL LIMIT 1");
    indexes.bind(1, std::string_view{trash.text()});
    return indexes.step() ? std::optional{Name{indexes.text(0)}} : std::nullopt;
}

std::string delete_rows(Name const& trash, RowKey const& key, Range range) {
    return "DELETE FROM " + quoted(trash.text()) + " WHERE " + in_range(key, range);
}

}  // namespace evolver::sqlite
