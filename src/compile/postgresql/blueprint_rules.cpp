// The Blueprint's part for what a table keeps from contract on.

#include "compile/postgresql/blueprint.hpp"
#include "dialect/postgresql/inspect.hpp"
#include "dialect/postgresql/render.hpp"
#include "evolver/schema/digest.hpp"
#include "operation/replace.hpp"

#include <algorithm>

namespace evolver::postgresql {

LaterIndex early_index(Index const& index) {
    return {.index = index, .name = "evolver_index_" + digest_of(index.name.text()).substr(0, 12)};
}

LaterIndex key_index(ReplacePrimaryKey const& change) {
    Index index{.name = change.table, .table = change.table, .parts = {}, .unique = true};
    for (auto const& column : change.columns) index.parts.emplace_back(column);
    return {.index = std::move(index), .name = "evolver_key_" + digest_of(change.table.text()).substr(0, 12)};
}

bool is_unique_rule(Effect const& effect) {
    return std::ranges::any_of(effect.rules, [](Rule const& rule) { return rule.kind == RuleKind::unique; });
}

Name Blueprint::lasting(std::size_t position, Name const& table, Name const& column) const {
    for (auto open = open_.rbegin(); open != open_.rend(); ++open) {
        auto const& pair = open->pair;
        if (open->position == position && pair.kind == PairKind::alias && pair.table == table &&
            pair.to.front().name == column)
            return lasting(position, table, pair.from.front());
    }
    return column;
}

Index Blueprint::lasting(std::size_t position, Index index) const {
    for (auto open = open_.rbegin(); open != open_.rend(); ++open) {
        auto const& pair = open->pair;
        if (open->position <= position && pair.kind == PairKind::alias && pair.table == index.table)
            index = renamed(std::move(index), pair.to.front().name, pair.from.front());
    }
    return index;
}

std::vector<Proof> Blueprint::proofs(std::size_t position) const {
    std::vector<Proof> found;
    auto const prove = [&](DeclareColumn const& declared) {
        if (declared.column.nullable) return;
        auto const column = lasting(position, declared.table, declared.column.name);
        auto const* const table = live_.find_table(declared.table);
        auto const* const there = table == nullptr ? nullptr : table->find(column);
        if (there != nullptr && !there->nullable) return;
        auto proof = prove_not_null(schema_, declared.table, column);
        // Two operations may declare one column.
        if (std::ranges::none_of(found, [&](Proof const& known) { return known.make == proof.make; }))
            found.push_back(std::move(proof));
    };
    auto const prove_condition = [&](MakeCheck const& made) {
        auto check = made.check;
        for (auto open = open_.rbegin(); open != open_.rend(); ++open) {
            auto const& pair = open->pair;
            if (open->position == position && pair.kind == PairKind::alias && pair.table == made.table)
                check.condition = renamed(check.condition, pair.to.front().name, pair.from.front());
        }
        found.push_back(prove_check(schema_, made.table, check));
    };
    auto const prove_reference = [&](MakeForeignKey const& made) {
        auto key = made.key;
        key.name = final_name(made.table, key);
        for (auto& column : key.columns) column = lasting(position, made.table, column);
        for (auto& column : key.referenced) column = lasting(position, key.table, column);
        found.push_back(prove_foreign_key(schema_, made.table, key));
    };
    auto const prove_key = [&](ReplacePrimaryKey const& replaced) {
        for (auto const& column : replaced.columns)
            prove({.table = replaced.table, .column = {.name = column, .type = text(), .nullable = false}});
    };
    for (auto const& effect : effects_.at(position)) {
        for (auto const& change : effect.contract) {
            if (auto const* declared = std::get_if<DeclareColumn>(&change)) prove(*declared);
            if (auto const* replaced = std::get_if<ReplacePrimaryKey>(&change)) prove_key(*replaced);
            if (auto const* made = std::get_if<MakeCheck>(&change)) prove_condition(*made);
            if (auto const* made = std::get_if<MakeForeignKey>(&change)) prove_reference(*made);
        }
    }
    return found;
}

std::vector<LaterIndex> Blueprint::proven_indexes(std::size_t position) const {
    std::vector<LaterIndex> found;
    for (auto const& effect : effects_.at(position)) {
        if (!is_unique_rule(effect)) continue;
        for (auto const& change : effect.contract) {
            auto const* const made = std::get_if<MakeIndex>(&change);
            auto const* const replaced = std::get_if<ReplacePrimaryKey>(&change);
            if (made == nullptr && replaced == nullptr) continue;
            auto later = made != nullptr ? early_index(made->index) : key_index(*replaced);
            later.index = lasting(position, later.index);
            found.push_back(std::move(later));
        }
    }
    return found;
}

void Blueprint::refuse_key_in_use(std::size_t position, Effect const& effect, Refuse const& refuse) const {
    // What comes to rely on it once the migration is open is contract's affair: programs go on.
    bool const is_pending = position >= standing_.expanded;
    for (auto const& change : effect.contract) {
        auto const* const replaced = std::get_if<ReplacePrimaryKey>(&change);
        if (replaced == nullptr || !is_pending) continue;
        if (auto const who = relies_on_key(replaced->table); !who.empty())
            refuse(who, "drop that first, in a migration of an earlier release if it is the plan's");
    }
    // A backfill goes by the key, and has to find it at its end as it was at its beginning.
    std::vector<Name> filled;
    for (auto const& pair : effect.pairs) filled.push_back(pair.table);
    for (auto const& transform : effect.transforms) filled.push_back(transform.table);
    for (auto const& [earlier, its_effects] : effects_) {
        for (auto const& other : its_effects) {
            for (auto const& change : other.contract) {
                auto const* const replaced = std::get_if<ReplacePrimaryKey>(&change);
                if (replaced != nullptr && std::ranges::find(filled, replaced->table) != filled.end())
                    refuse("the primary key of \"" + replaced->table.text() + "\" is replaced by migration \"" +
                               plan_.migrations()[earlier].id.text() + "\", which is open",
                           "contract that first");
            }
        }
    }
}

std::string Blueprint::relies_on_key(Name const& table) const {
    if (auto const child = referring_to_key(*connection_, schema_, table); !child.empty())
        return "table " + child + " refers to the key of \"" + table.text() + "\" by a foreign key";
    if (auto const view = view_by_key(*connection_, schema_, table); !view.empty())
        return "view " + view + " relies on the key of \"" + table.text() + "\", as GROUP BY does";
    return {};
}

Step Blueprint::replace_key(std::size_t position, ReplacePrimaryKey const& change) const {
    if (auto const who = relies_on_key(change.table); !who.empty())
        throw PlanError{Failure{.what = title_of(position) + " cannot replace the primary key: " + who + ".",
                                .object = change.table.text(),
                                .instead = "drop that, then call contract() again"}};
    auto const table = in_schema(schema_, change.table.text());
    auto const later = key_index(change);
    auto const name = connection_->text(
        "SELECT conname FROM pg_constraint WHERE conrelid = to_regclass($1) AND contype = 'p'", {table});
    Step step{.migration = {},
              .what = "replace the primary key of " + change.table.text(),
              .sql = {"ALTER TABLE " + table + " DROP CONSTRAINT " + quoted(name)},
              .refuse_if = index_is_not_whole(schema_, later.name),
              .refusal = "the index of the new key is being built by somebody else; call contract() again"};
    for (auto const& column : change.columns) {
        auto const kept = lasting(position, change.table, column);
        step.sql.push_back("ALTER TABLE " + table + " ALTER COLUMN " + quoted(kept.text()) + " SET NOT NULL");
        step.sql.push_back(prove_not_null(schema_, change.table, kept).take_back);
    }
    // The constraint goes on under the name that it had, and the index takes it.
    step.sql.push_back("ALTER TABLE " + table + " ADD CONSTRAINT " + quoted(name) + " PRIMARY KEY USING INDEX " +
                       quoted(later.name));
    // What hung on the index of the old key.
    auto const marks = connection_->query(
        "SELECT i.indisreplident, i.indisclustered FROM pg_index AS i WHERE i.indrelid = to_regclass($1) AND "
        "i.indisprimary",
        {table});
    if (!marks.empty() && marks.text(0, 0) == "t")
        step.sql.push_back("ALTER TABLE " + table + " REPLICA IDENTITY USING INDEX " + quoted(name));
    if (!marks.empty() && marks.text(0, 1) == "t")
        step.sql.push_back("ALTER TABLE " + table + " CLUSTER ON " + quoted(name));
    return step;
}

std::vector<PhysicalRule> Blueprint::rules(std::size_t position) const {
    std::vector<PhysicalRule> found;
    bool const any = std::ranges::any_of(effects_.at(position), [](Effect const& one) { return !one.rules.empty(); });
    if (!any) return found;
    auto const there = inspect(*connection_, schema_);
    for (auto const& effect : effects_.at(position)) {
        for (auto const& rule : effect.rules) {
            if (!is_there(rule, there)) continue;
            auto const* const table = there.find_table(rule.table);
            PhysicalRule physical{
                .rule = rule, .schema = schema_, .key = row_key(*connection_, schema_, rule.table), .row = {}};
            for (auto const& column : table->columns) {
                if (!column.generated) physical.row.push_back(column.name);
            }
            found.push_back(std::move(physical));
        }
    }
    return found;
}

}  // namespace evolver::postgresql
