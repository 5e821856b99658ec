// The Blueprint's part for tables that get another name.

#include "compile/postgresql/blueprint.hpp"
#include "dialect/postgresql/inspect.hpp"
#include "dialect/postgresql/render.hpp"
#include "evolver/schema/tokens.hpp"

#include <algorithm>
#include <concepts>
#include <variant>

namespace evolver::postgresql {

namespace {

bool mentions_table(std::string const& query, Name const& table) {
    return std::ranges::any_of(significant_tokens(query),
                               [&](Token const& token) { return identifier_of(token) == table.text(); });
}

}  // namespace

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

void Blueprint::refuse_held_names(Effect const& effect, Refuse const& refuse) const {
    auto const holder = [&](Name const& name) -> Move const* {
        for (auto const& move : moves_) {
            if (stored(move.moved.from) == name) return &move;
        }
        return nullptr;
    };
    auto const id_of = [&](Move const& move) { return "\"" + plan_.migrations()[move.position].id.text() + "\""; };
    auto const must_be_free = [&](Name const& name) {
        if (auto const* held = holder(name))
            refuse("\"" + name.text() + "\" is what the table is called until migration " + id_of(*held) +
                       " is contracted",
                   "contract that first, or choose another name");
    };
    for (auto const& move : effect.moves) must_be_free(move.to);
    for (auto const& change : effect.expand) {
        if (auto const* made = std::get_if<MakeTable>(&change)) must_be_free(made->table.name);
        auto const* const view = std::get_if<MakeView>(&change);
        if (view == nullptr) continue;
        for (auto const& move : moves_) {
            if (mentions_table(view->query.text(Engine::postgresql), move.moved.to))
                refuse("it is over \"" + move.moved.to.text() + "\", which is a view itself until migration " +
                           id_of(move) + " is contracted",
                       "contract that first, or make the view over \"" + stored(move.moved.to).text() + "\"");
        }
    }
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
        if (auto const over = view_over(*connection_, schema_, name); !over.empty())
            throw PlanError{Failure{.what = "View \"" + over + "\" is made over \"" + name.text() +
                                            "\", which is a view itself until migration \"" +
                                            plan_.migrations()[move.position].id.text() +
                                            "\" is contracted, and has to go before that.",
                                    .object = over,
                                    .instead = "DROP VIEW " + over + ", and make it again afterwards, over the table"}};
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
