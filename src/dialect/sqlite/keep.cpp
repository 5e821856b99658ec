#include "dialect/sqlite/keep.hpp"

#include "dialect/sqlite/joined.hpp"
#include "dialect/sqlite/sync.hpp"

namespace evolver::sqlite {

namespace {

std::string equals_new(std::vector<Name> const& columns) {
    return "(" +
           joined(columns, " AND ",
                  [](Name const& column) { return quoted(column.text()) + " = NEW." + quoted(column.text()); }) +
           ")";
}

/// The column lists by which a row can be in the way of another. Partial indexes and indexes over expressions are left out: their conflicts
/// are found by SQLite alone.
std::vector<std::vector<Name>> ways(Connection const& schema, Table const& table, RowKey const& key) {
    std::vector<std::vector<Name>> all;
    if (!key.hidden_rowid) all.push_back(key.columns);
    auto indexes = schema.prepare("SELECT name FROM pragma_index_list(?1) WHERE \"unique\" = 1 AND partial = 0");
    indexes.bind(1, std::string_view{table.name.text()});
    while (indexes.step()) {
        std::vector<Name> columns;
        bool plain = true;
        auto parts = schema.prepare("SELECT name FROM pragma_index_info(?1) ORDER BY seqno");
        parts.bind(1, std::string_view{indexes.text(0)});
        while (parts.step()) {
            plain = plain && !parts.is_null(0);
            if (plain) columns.emplace_back(parts.text(0));
        }
        if (plain && !columns.empty()) all.push_back(std::move(columns));
    }
    return all;
}

}  // namespace

std::vector<std::string> keep_triggers(Connection const& schema, Table const& table, RowKey const& key,
                                       std::vector<Column> const& columns, std::int64_t note) {
    auto const conflicts = ways(schema, table, key);
    if (conflicts.empty() || columns.empty()) return {};  // nothing can be in the way of anything
    std::string const name = quoted(table.name.text());
    std::string const id = std::to_string(note);
    std::string const prefix = std::string{sync_prefix} + "keep_" + table.name.text();
    std::string const in_the_way = joined(conflicts, " OR ", equals_new);

    // Parts from 1 are the kept values, parts below 0 the key of the row that they are of.
    std::string notes;
    int part = 0;
    auto const write_down = [&](int number, std::string const& column) {
        notes += " INSERT INTO evolver_kept (id, part, value) SELECT " + id + ", " + std::to_string(number) + ", " +
                 column + " FROM " + name + " WHERE " + in_the_way + " ORDER BY " +
                 joined(key.columns, ", ", [](Name const& one) { return quoted(one.text()); }) + " LIMIT 1;";
    };
    for (auto const& column : columns) write_down(++part, quoted(column.name.text()));
    part = 0;
    for (auto const& column : key.columns) write_down(--part, quoted(column.text()));

    auto const noted = [&](int number) {
        return "(SELECT value FROM evolver_kept WHERE id = " + id + " AND part = " + std::to_string(number) + ")";
    };
    part = 0;
    std::string same_row;
    std::string still_there;
    for (auto const& column : key.columns) {
        auto const old_key = noted(--part);
        same_row += (same_row.empty() ? "" : " AND ") + ("NEW." + quoted(column.text()) + " IS " + old_key);
        still_there += (still_there.empty() ? "" : " AND ") + (quoted(column.text()) + " IS " + old_key);
    }
    std::string const replaced = "EXISTS (SELECT 1 FROM evolver_kept WHERE id = " + id + ") AND ((" + same_row +
                                 ") OR NOT EXISTS (SELECT 1 FROM " + name + " WHERE " + still_there + "))";
    std::string const this_row = joined(key.columns, " AND ", [](Name const& column) {
        return quoted(column.text()) + " = NEW." + quoted(column.text());
    });
    std::string restored;
    part = 0;
    for (auto const& column : columns) {
        auto const unset =
            column.default_value ? "(" + column.default_value->text(Engine::sqlite) + ")" : std::string{"NULL"};
        restored += " UPDATE " + name + " SET " + quoted(column.name.text()) + " = " + noted(++part) + " WHERE " +
                    this_row + " AND " + quoted(column.name.text()) + " IS " + unset + ";";
    }
    std::string const tear_up = " DELETE FROM evolver_kept WHERE id = " + id + ";";
    return {"CREATE TRIGGER " + quoted(prefix + "_note") + " BEFORE INSERT ON " + name + " BEGIN" + tear_up + notes +
                " END",
            "CREATE TRIGGER " + quoted(prefix + "_restore") + " AFTER INSERT ON " + name + " WHEN " + replaced +
                " BEGIN" + restored + tear_up + " END"};
}

}  // namespace evolver::sqlite
