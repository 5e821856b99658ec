// The Blueprint's part for tables that get another name.

#include "compile/postgresql/blueprint.hpp"
#include "dialect/postgresql/inspect.hpp"
#include "dialect/postgresql/render.hpp"

#include <algorithm>
#include <concepts>
#include <variant>

namespace evolver::postgresql {

Name Blueprint::stored(Name table) const {
    for (auto move = moves_.rbegin(); move != moves_.rend(); ++move) {
        if (move->moved.to == table) table = move->moved.from;
    }
    return table;
}

Effect Blueprint::stored(Effect effect) const {
    auto const lead_back = [this](Name& table) { table = stored(table); };
    auto const lead_change_back = [&](Change& change) {
        std::visit(
            [&](auto& kind) {
                if constexpr (requires {
                                  { kind.table } -> std::same_as<Name&>;
                              })
                    lead_back(kind.table);
            },
            static_cast<ChangeVariant&>(change));
        if (auto* made = std::get_if<MakeIndex>(&change)) lead_back(made->index.table);
        if (auto* made = std::get_if<MakeForeignKey>(&change)) lead_back(made->key.table);
        if (auto* removed = std::get_if<RemoveForeignKey>(&change)) lead_back(removed->key.table);
        if (auto* made = std::get_if<MakeTable>(&change)) {
            for (auto& key : made->table.foreign_keys) lead_back(key.table);
        }
    };
    for (auto* changes : {&effect.expand, &effect.filled, &effect.contract, &effect.undo})
        std::ranges::for_each(*changes, lead_change_back);
    for (auto& pair : effect.pairs) lead_back(pair.table);
    for (auto& kept : effect.kept) lead_back(kept.table);
    for (auto& transform : effect.transforms) lead_back(transform.table);
    for (auto& rule : effect.rules) {
        lead_back(rule.table);
        if (rule.reference) lead_back(rule.reference->table);
    }
    return effect;
}

Name Blueprint::said(std::size_t position, Name const& stored_table) const {
    auto const found = std::ranges::find_if(
        open_, [&](Open const& open) { return open.position == position && open.pair.table == stored_table; });
    return found == open_.end() ? stored_table : found->said;
}

std::vector<MoveTable> Blueprint::moves_of(std::size_t position) const {
    std::vector<MoveTable> found;
    for (auto const& effect : effects_.at(position)) {
        for (auto const& change : effect.contract) {
            if (auto const* removed = std::get_if<RemoveTable>(&change))
                std::erase_if(found, [&](MoveTable const& move) { return move.table == removed->table; });
            auto const* const moved = std::get_if<MoveTable>(&change);
            if (moved == nullptr) continue;
            // Of a table that is renamed twice, the last name counts.
            std::erase_if(found, [&](MoveTable const& move) { return move.table == moved->table; });
            found.push_back(*moved);
        }
    }
    return found;
}

Step Blueprint::show_as(Name const& table, Name const& name) const {
    constexpr int knows_invokers = 150000;
    // Whoever uses the view needs the rights that the table asks for, and sees the rows that it lets them see.
    auto const as_invoker = connection_->server_version() >= knows_invokers ? " WITH (security_invoker = true)" : "";
    Step step{.migration = {},
              .what = "show table " + table.text() + " as " + name.text() + ", too",
              .sql = {"CREATE OR REPLACE VIEW " + in_schema(schema_, name.text()) + as_invoker + " AS SELECT * FROM " +
                      in_schema(schema_, table.text())}};
    bool const is_there = std::ranges::find(shown_, name) != shown_.end();
    auto grants = grants_on(*connection_, schema_, is_there ? name : stored(table), name);
    step.sql.insert(step.sql.end(), grants.begin(), grants.end());
    return step;
}

void Blueprint::set_aside_views(Compiled& compiled, std::size_t gone) const {
    std::vector<Step> before;
    std::vector<Step> after;
    std::vector<Name> views;
    for (auto const& move : moves_) {
        auto const table = stored(move.moved.from);
        auto const& name = move.moved.to;
        bool const is_changed = std::ranges::find(compiled.tables, table) != compiled.tables.end();
        if (!is_changed && move.position != gone) continue;
        before.push_back({.migration = {},
                          .what = "no longer show table " + table.text() + " as " + name.text(),
                          .sql = {"DROP VIEW IF EXISTS " + in_schema(schema_, name.text())}});
        if (std::ranges::find(shown_, name) != shown_.end()) views.push_back(name);
        if (move.position == gone) continue;
        // By then the table may have another name.
        auto called = table;
        for (auto const& moved : compiled.moves) {
            if (moved.table == table) called = moved.to;
        }
        after.push_back(show_as(called, name));
    }
    compiled.steps.insert(compiled.steps.begin(), before.begin(), before.end());
    compiled.steps.insert(compiled.steps.end(), after.begin(), after.end());
    // Locked in the order in which statements that use a view lock them.
    compiled.tables.insert(compiled.tables.begin(), views.begin(), views.end());
}

}  // namespace evolver::postgresql
