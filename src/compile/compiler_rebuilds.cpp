// The Compiler's part for tables that are made anew.

#include "compile/compiler.hpp"
#include "compile/table_of_change.hpp"
#include "dialect/sqlite/create_text.hpp"
#include "dialect/sqlite/render.hpp"
#include "dialect/sqlite/statement_fault.hpp"
#include "evolver/dialect/engine_error.hpp"

namespace evolver {

PhysicalChange Compiler::physical_change(Change const& change, Lock lock) const {
    auto physical = resolved(change);
    auto table = table_of_change(physical);
    if (auto const* removed = std::get_if<RemoveIndex>(&physical)) {
        auto const index = sqlite::inspect_index(clone_.connection, removed->index);
        if (index) table = index->table.text();
    }
    // A change of no table belongs to none that is made anew.
    return {std::move(physical), Name{table.empty() ? "evolver_none" : table}, lock};
}

Rebuilds Compiler::begin_rebuilds(Compiled& compiled, std::vector<Effect> const& effects) {
    auto const position = compiled.position;
    std::vector<PhysicalChange> changes;
    for (auto const& effect : effects) {
        for (auto const& change : effect.contract) changes.push_back(physical_change(change, effect.lock));
    }
    auto const& clone = clone_.connection;
    // One that somebody has begun stands in the real database, and in the clone of it.
    for (auto const& physical : changes) {
        if (!sqlite::inspect_table(clone, sqlite::shadow_of(physical.table))) continue;
        for (auto const& sql : sqlite::discard(physical.table)) clone.run(sql);
    }
    auto const alone = [&](PhysicalChange const& physical) {
        return sqlite::render(physical.change, {.schema = clone,
                                                .rows = rows_of(physical.table.text()),
                                                .bytes = bytes_of(rows_of(physical.table.text())),
                                                .lock = Lock::in_window,
                                                .budget = budget_});
    };
    auto const rows = [&](Name const& table) { return rows_of(table.text()); };
    auto const number = [&](Name const& table) {
        return legacy_id(plan_.name(), id_of(position), "rebuild " + table.text());
    };
    try {
        Rebuilds rebuilds{clone, changes, rows, alone, budget_, number};
        for (auto const& rebuild : rebuilds.all()) {
            if (!rebuild.in_batches) continue;
            compiled.rebuilds.push_back(rebuild);
            for (auto const& sql : sqlite::make_shadow(rebuild.form)) clone.run(sql);
            for (auto const& sql : sqlite::carry_triggers(rebuild.form)) clone.run(sql);
        }
        return rebuilds;
    } catch (EngineError const& error) {
        if (!sqlite::is_the_statements_fault(error)) throw;
        throw PlanError{Failure{.what = "Migration \"" + id_of(position) + "\", a rebuild: " + error.what(),
                                .object = id_of(position),
                                .instead = error.instead().empty() ? way_out_ : error.instead(),
                                .native_code = error.native_code()}};
    }
}

void Compiler::finish_rebuild(std::vector<Step>& steps, TableRebuild const& rebuild, std::string const& migration) {
    auto const& form = rebuild.form;
    if (sqlite::create_text_of(clone_.connection, form.table) != form.old_text) {
        throw PlanError{Failure{.what = "Migration \"" + migration + "\": SQL in your own words changes table " +
                                        form.table.text() + ", which the same migration makes anew.",
                                .object = form.table.text(),
                                .instead = "put the RawSql into a migration of its own"}};
    }
    if (rebuild.in_batches) {
        run(steps, sqlite::put_in_place(form, sqlite::free_trash(clone_.connection)), migration);
    } else {
        for (auto const& check : rebuild.checks) run(steps, check, migration);
        run(steps,
            sqlite::rebuild_at_once(form, {.schema = clone_.connection,
                                           .rows = rows_of(form.table.text()),
                                           .lock = rebuild.lock,
                                           .budget = budget_}),
            migration);
    }
    if (rebuild.removes_columns) refuse_dependents(steps.back());
}

}  // namespace evolver
