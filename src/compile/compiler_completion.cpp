// Part of Compiler: old columns that accept NULL, while a migration is at stage `complete`.
//
// New programs write the new shape only then. An insert that does not name an old column that is NOT NULL would fail before the trigger that
// fills it fires, so the column is made to accept NULL, by SQLite's own procedure for that: the table's text is changed, and no row is
// touched. All that is compiled goes by what the column was declared as: the new column is as strict after contract as the old one
// was, and a column that goes is not looked at again.

#include "compile/compiler.hpp"

#include "dialect/sqlite/inspect.hpp"

#include <algorithm>

namespace evolver {

namespace {

bool is_in(std::vector<Name> const& names, Name const& wanted) {
    return std::find(names.begin(), names.end(), wanted) != names.end();
}

}  // namespace

void Compiler::make_strict() {
    for (auto const& relaxed : standing_.relaxed) {
        if (relaxed.position >= plan_.migrations().size()) continue;
        auto const table = sqlite::inspect_table(clone_.connection, relaxed.table);
        auto const* column = table ? table->find(relaxed.column) : nullptr;
        if (column == nullptr || !column->nullable) continue;
        auto strict = *column;
        strict.nullable = false;
        auto const before = restoring_.size();
        render(restoring_, DeclareColumn{relaxed.table, strict}, Lock::in_window, id_of(relaxed.position));
        // Whoever restores looks for rows himself, in slices; and contract takes the column away.
        for (auto i = before; i < restoring_.size(); ++i) restoring_[i].refuse_if.clear();
    }
}

Completion Compiler::complete(std::size_t position) {
    auto const& id = id_of(position);
    Completion completion;
    auto const relax = [&](Name const& table_name, Name const& column_name) {
        auto const table = sqlite::inspect_table(clone_.connection, table_name);
        auto const* column = table ? table->find(column_name) : nullptr;
        if (column == nullptr || column->nullable || column->generated) return;
        if (is_in(table->key_columns(), column_name)) {
            throw PlanError{Failure{.what = "Migration \"" + id +
                                            "\" cannot be at stage complete: " + table_name.text() + "." +
                                            column_name.text() + " is part of the key, and cannot accept NULL.",
                                    .object = id,
                                    .instead = "leave it at stage switched; contract() leads on from there"}};
        }
        auto loose = *column;
        loose.nullable = true;
        render(completion.steps, DeclareColumn{table_name, loose}, Lock::in_window, id);
        completion.relaxed.push_back({position, table_name, column_name});
    };
    auto const open = open_;  // rendering looks at it
    for (auto const& one : open) {
        // Without `down`, a dropped column has a default, which goes on.
        bool const stored =
            one.pair.kind == PairKind::computed || (one.pair.kind == PairKind::dropped && !one.pair.down.empty());
        if (one.position != position || !stored) continue;
        for (auto const& from : one.pair.from) relax(at(one.pair.table), Name{base_of(one.pair.table, from)});
    }
    for (auto const& one : crossings(position)) relax(one.pair.pair.source, one.pair.pair.column);
    return completion;
}

std::vector<RelaxedColumn> Compiler::refillable() const {
    std::vector<RelaxedColumn> found;
    for (auto column : standing_.relaxed) {
        for (auto const& one : open_) {
            if (one.position != column.position || !(at(one.pair.table) == column.table)) continue;
            for (std::size_t i = 0; i < one.pair.from.size() && i < one.pair.down.size(); ++i) {
                if (Name{base_of(one.pair.table, one.pair.from[i])} == column.column)
                    column.down = over_columns(one.pair.table, one.pair.down[i]);
            }
        }
        found.push_back(std::move(column));
    }
    return found;
}

}  // namespace evolver
