#include "execute/undo_losses.hpp"

#include "evolver/schema/expression.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace evolver {

namespace {

/// Of the columns that are kept in the rows.
std::vector<Name> kept_columns(Table const& table) {
    std::vector<Name> columns;
    for (auto const& column : table.columns) {
        if (!column.generated) columns.push_back(column.name);
    }
    return columns;
}

Column const* find(Table const& table, Name const& name) {
    auto const found = std::ranges::find_if(table.columns, [&](Column const& column) { return column.name == name; });
    return found == table.columns.end() ? nullptr : &*found;
}

sqlite::TableDigest digest_of(sqlite::Connection const& connection, Name const& table,
                              std::vector<Name> const& columns) {
    auto statement = connection.prepare("SELECT evolver_table_digest(" + sqlite::hash_of(columns, {}) + ") FROM " +
                                        sqlite::quoted(table.text()));
    return sqlite::run_digest(statement);
}

}  // namespace

UndoLosses::UndoLosses(Schema const& before, Schema const& after, Counted const& counted) {
    // What is in one schema and not in the other.
    auto const only_in = [&](Schema const& one, Schema const& other, bool asks, std::vector<Part>& parts) {
        for (auto const& table : one.tables) {
            auto const* const there = other.find_table(table.name);
            if (there == nullptr) {
                if (!asks || !counted(table.name, nullptr))
                    parts.push_back({.table = table.name, .columns = kept_columns(table), .whole = true});
                continue;
            }
            for (auto const& column : table.columns) {
                if (column.generated || find(*there, column.name) != nullptr) continue;
                if (asks && counted(table.name, &column.name)) continue;
                auto unset = column.default_value ? "(" + column.default_value->text(Engine::sqlite) + ")" : "NULL";
                parts.push_back({.table = table.name, .columns = {column.name}, .unset = std::move(unset)});
            }
        }
    };
    only_in(before, after, true, gone_);
    only_in(after, before, false, come_);
}

void UndoLosses::look(sqlite::Connection const& connection) {
    if (gone_.empty()) return;
    sqlite::add_table_digest(connection);
    for (auto& part : gone_) {
        auto const condition =
            part.whole ? std::string{"1"} : sqlite::quoted(part.columns.front().text()) + " IS NOT " + part.unset;
        part.rows =
            connection.integer("SELECT count(*) FROM " + sqlite::quoted(part.table.text()) + " WHERE " + condition);
        if (part.rows > 0 && !come_.empty()) part.digest = digest_of(connection, part.table, part.columns);
    }
}

bool UndoLosses::is_known_again(Part const& gone, sqlite::Connection const& connection) const {
    return std::ranges::any_of(come_, [&](Part const& come) {
        bool const can_be = come.whole == gone.whole && come.columns.size() == gone.columns.size() &&
                            (come.whole || come.table == gone.table);
        return can_be && digest_of(connection, come.table, come.columns) == gone.digest;
    });
}

std::string UndoLosses::lost(sqlite::Connection const& connection) const {
    std::string words;
    for (auto const& part : gone_) {
        if (part.rows == 0 || is_known_again(part, connection)) continue;
        words += fmt::format("{}{} row{} of {}{}", words.empty() ? "" : "; ", part.rows, part.rows == 1 ? "" : "s",
                             part.table.text(), part.whole ? "" : " with something in " + part.columns.front().text());
    }
    return words;
}

}  // namespace evolver
