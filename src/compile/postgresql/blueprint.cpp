#include "compile/postgresql/blueprint.hpp"

#include "compile/table_of_change.hpp"
#include "dialect/postgresql/inspect.hpp"
#include "dialect/postgresql/relax.hpp"
#include "dialect/postgresql/render.hpp"
#include "evolver/schema/digest.hpp"
#include "operation/replace.hpp"
#include "plan/functions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace evolver::postgresql {

namespace {

void include(std::vector<Name>& names, Name const& name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

/// A foreign key without a name may be dropped by its columns; here each has a name.
Operation named_here(Operation operation, Schema const& schema) {
    auto* const dropped = std::get_if<DropForeignKey>(&operation);
    if (dropped == nullptr || !dropped->name.empty()) return operation;
    auto const* const table = schema.find_table(dropped->table);
    if (table == nullptr) return operation;
    auto const found = std::ranges::find_if(table->foreign_keys,
                                            [&](ForeignKey const& key) { return key.columns == dropped->columns; });
    if (found != table->foreign_keys.end()) dropped->name = found->name;
    return operation;
}

bool fills_old_column(Pair const& pair) { return pair.kind == PairKind::dropped && !pair.down.empty(); }

}  // namespace

Blueprint::Blueprint(Plan plan, Standing standing, Connection const& connection, std::string schema)
    : plan_{std::move(plan)},
      standing_{std::move(standing)},
      connection_{&connection},
      schema_{std::move(schema)},
      live_{inspect(connection, schema_)},
      virtual_{} {
    // A newer release may have gone further than this plan knows.
    standing_.expanded = std::min(standing_.expanded, plan_.migrations().size());
    standing_.contracted = std::min(standing_.contracted, standing_.expanded);
    std::vector<MovedTable> moved;
    for (auto position = standing_.contracted; position < standing_.expanded; ++position) {
        for (auto const& operation : plan_.migrations()[position].operations) {
            if (auto const* renamed = std::get_if<RenameTable>(&operation))
                moved.push_back({renamed->from, renamed->to});
        }
    }
    // The views of open renames are this blueprint's own affair. Of the plan's names the newest come first, so that what came after finds the table.
    for (auto const& one : moved) {
        if (std::erase_if(live_.views, [&](View const& view) { return view.name == one.to; }) > 0)
            shown_.push_back(one.to);
    }
    virtual_ = live_;
    for (auto const& one : moved) rename_table(virtual_, one.from, one.to);
    for (auto position = standing_.expanded; position-- > standing_.contracted;) {
        auto const& operations = plan_.migrations()[position].operations;
        for (auto operation = operations.rbegin(); operation != operations.rend(); ++operation)
            retract(*operation, virtual_);
    }
    for (auto position = standing_.contracted; position < standing_.expanded; ++position) (void)effects_of(position);
}

std::string Blueprint::title_of(std::size_t position) const {
    return "Migration \"" + plan_.migrations()[position].id.text() + "\"";
}

std::vector<Effect> const& Blueprint::effects_of(std::size_t position) {
    auto const known = effects_.find(position);
    if (known != effects_.end()) return known->second;
    std::vector<Effect> effects;
    std::size_t number = 0;
    for (auto const& operation : plan_.migrations()[position].operations) {
        Effect effect;
        try {
            effect = stored(effect_of(named_here(operation, virtual_), virtual_));
            refuse_impossible(position, operation, effect);
        } catch (NameError const& error) {
            throw PlanError{Failure{.what = title_of(position) + ", " + title(operation) + ": " + error.what(),
                                    .object = error.object()}};
        } catch (PlanError const& error) {
            auto const about = evolver::table_of(operation);
            bool const is_unknown = !about.empty() && virtual_.find_table(Name{about}) == nullptr;
            bool const after_script = is_unknown && std::ranges::any_of(effects, [](Effect const& earlier) {
                                          return std::ranges::any_of(earlier.expand, [](Change const& one) {
                                              return std::holds_alternative<RunScript>(one);
                                          });
                                      });
            throw PlanError{Failure{.what = title_of(position) + ", " + error.what(),
                                    .object = error.object(),
                                    .instead = after_script
                                                   ? "what RawSql makes is known from the next migration on, on "
                                                     "PostgreSQL: put the operation there"
                                                   : ""}};
        }
        for (auto const& change : effect.expand) {
            if (auto const* made = std::get_if<MakeAlias>(&change)) {
                // The second name is a column here.
                auto const* const table = live_.find_table(made->table);
                auto const* const column = table == nullptr ? nullptr : table->find(made->column);
                if (column == nullptr) continue;
                if (table->find(made->alias) == nullptr)
                    live_.find_table(made->table)
                        ->columns.push_back({.name = made->alias, .type = Type{column->type}, .nullable = true});
            }
            if (auto const* made = std::get_if<MakeColumn>(&change)) {
                auto* const table = live_.find_table(made->table);
                if (table != nullptr && table->find(made->column.name) == nullptr)
                    table->columns.push_back(made->column);
            }
            if (auto const* made = std::get_if<MakeTable>(&change)) {
                if (live_.find_table(made->table.name) == nullptr) live_.tables.push_back(made->table);
                restore_foreign_indexes(made->table.name);
            }
        }
        for (auto const& pair : effect.pairs)
            open_.push_back({position, number++, pair, Name{evolver::table_of(operation)}});
        for (auto const& move : effect.moves) moves_.push_back({position, move});
        effects.push_back(std::move(effect));
    }
    return effects_[position] = std::move(effects);
}

/// What was taken out of the schema with a table that the plan makes: indexes that somebody has made beside the plan.
void Blueprint::restore_foreign_indexes(Name const& table) {
    auto const is_planned = [&](Index const& index) {
        return std::ranges::any_of(plan_.migrations(), [&](Migration const& migration) {
            return std::ranges::any_of(migration.operations, [&](Operation const& operation) {
                auto const* const made = std::get_if<CreateIndex>(&operation);
                auto const* const unique = std::get_if<AddUnique>(&operation);
                auto const* const key = std::get_if<ChangePrimaryKey>(&operation);
                return (made != nullptr && made->name == index.name) ||
                       (unique != nullptr && unique->name == index.name) || (key != nullptr && key->name == index.name);
            });
        });
    };
    for (auto const& index : live_.indexes) {
        if (index.table == table && virtual_.find_index(index.name) == nullptr && !is_planned(index))
            virtual_.indexes.push_back(index);
    }
}

Side Blueprint::side_of(Name const& table, Name const& column) const {
    auto const* const found = live_.find_table(table);
    auto const* const known = found == nullptr ? nullptr : found->find(column);
    if (known == nullptr)
        throw PlanError{
            Failure{.what = "There is no column " + table.text() + "." + column.text() + ".", .object = table.text()}};
    return {.column = known->name,
            .type = type_words(known->type, Engine::postgresql),
            .collated = !known->collation.empty()};
}

NamedPair Blueprint::physical(Open const& open) const {
    auto const& pair = open.pair;
    auto const& id = plan_.migrations()[open.position].id.text();
    NamedPair named{.pair = {.table = pair.table, .from = {}, .to = {}, .up = {}, .down = {}},
                    .schema = schema_,
                    .tag = digest_of(plan_.name() + '\0' + id + '\0' + std::to_string(open.number)).substr(0, 12),
                    .refilled = !has_triggers(open.position)};
    for (auto const& column : pair.from) named.pair.from.push_back(side_of(pair.table, column));
    for (auto const& column : pair.to) named.pair.to.push_back(side_of(pair.table, column.name));
    if (pair.kind == PairKind::alias) {
        named.pair.up = {quoted(pair.from.front().text())};
        named.pair.down = {quoted(pair.to.front().name.text())};
        return named;
    }
    for (auto const& up : pair.up) named.pair.up.push_back(up.text(Engine::postgresql));
    for (auto const& down : pair.down) named.pair.down.push_back(down.text(Engine::postgresql));
    return named;
}

Step Blueprint::sync(Name const& table, std::optional<std::size_t> without, std::optional<Name> const& called) const {
    SyncedTable synced{.schema = schema_,
                       .table = called.value_or(table),
                       .key = row_key(*connection_, schema_, table),
                       .plan = plan_.name()};
    for (auto const& open : open_) {
        if (!(open.pair.table == table) || open.position == without || !is_synced(open)) continue;
        auto const& id = plan_.migrations()[open.position].id.text();
        if (open.pair.kind != PairKind::dropped) {
            auto pair = physical(open).pair;
            pair.table = synced.table;
            synced.pairs.push_back(
                {.pair = std::move(pair),
                 .migration = id,
                 .counter = counter_name(legacy_id(plan_.name(), id, said(open.position, table).text()))});
        } else if (fills_old_column(open.pair)) {
            auto const* const found = live_.find_table(table);
            auto const* const column = found == nullptr ? nullptr : found->find(open.pair.from.front());
            if (column != nullptr && !column->nullable)
                synced.dropped.push_back({column->name, open.pair.down.front().text(Engine::postgresql)});
        }
    }
    Step step{.migration = {}, .what = "keep both shapes of " + table.text() + " in step", .sql = {}};
    if (synced.pairs.empty() && synced.dropped.empty()) {
        step.sql = drop_sync(synced);
        return step;
    }
    step.sql = {sync_function(synced)};
    // Under another name it is made anew: see contract().
    if (called || connection_->text(sync_is_on(schema_, table)) != "t") step.sql.push_back(sync_trigger(synced));
    return step;
}

/// Is it kept in step by the table's trigger?
bool Blueprint::is_synced(Open const& open) const {
    return has_triggers(open.position) && (open.pair.kind != PairKind::dropped || fills_old_column(open.pair));
}

std::vector<Name> Blueprint::paired_tables(std::size_t position) const {
    std::vector<Name> tables;
    for (auto const& open : open_) {
        if (open.position == position && is_synced(open)) include(tables, open.pair.table);
    }
    return tables;
}

Compiled Blueprint::expand() {
    auto const position = standing_.expanded;
    auto const& migration = plan_.migrations()[position];
    Compiled compiled{.position = position};
    auto const before = live_;
    auto const& effects = effects_of(position);
    std::vector<Name> made;
    for (auto const& effect : effects) {
        for (auto const& change : effect.expand) {
            if (auto const* table = std::get_if<MakeTable>(&change)) include(made, table->table.name);
            auto const* const index = std::get_if<MakeIndex>(&change);
            if (index != nullptr && std::ranges::find(made, index->index.table) == made.end()) continue;  // later
            auto step = index == nullptr ? render(change, schema_)
                                         : render(MakeIndex{lasting(position, index->index)}, schema_);
            if (auto const* alias = std::get_if<MakeAlias>(&change)) {
                step.sql = {fmt::format("ALTER TABLE {} ADD COLUMN {} {}", in_schema(schema_, alias->table.text()),
                                        quoted(alias->alias.text()), side_of(alias->table, alias->column).type)};
                include(compiled.tables, alias->table);
            }
            if (auto const* column = std::get_if<MakeColumn>(&change)) {
                include(compiled.tables, column->table);
                compiled.refuse_rows.push_back(rewrites(schema_, column->table, column->column.name));
                compiled.refusals.push_back(
                    "the default of column " + column->table.text() + "." + column->column.name.text() +
                    " is another one in each row, so adding it would write every row anew under a "
                    "lock; give it a constant, or none");
            }
            compiled.steps.push_back(std::move(step));
        }
    }
    for (auto const& move : moves_) {
        // A view shows the columns of the moment at which it is made. What is new comes last, so it can be said again.
        auto const table = stored(move.moved.from);
        bool const is_changed = std::ranges::find(compiled.tables, table) != compiled.tables.end();
        if (move.position == position || is_changed) compiled.steps.push_back(show_as(table, move.moved.to));
    }
    std::erase_if(compiled.tables, [&](Name const& table) { return before.find_table(table) == nullptr; });
    auto extras = extras_of(position, To::new_columns);
    if (!extras.sql.empty()) compiled.steps.push_back(std::move(extras));
    Step functions{.migration = {}, .what = "make what converts one shape to the other", .sql = {}};
    for (auto const& open : open_) {
        if (open.position != position || open.pair.kind == PairKind::dropped) continue;
        auto const pair = physical(open);
        auto const make = conversion_functions(pair);
        functions.sql.insert(functions.sql.end(), make.begin(), make.end());
        auto const checks = parse_checks(pair);
        compiled.parse_checks.insert(compiled.parse_checks.end(), checks.begin(), checks.end());
        compiled.refuse_rows.push_back(null_check(pair));
        compiled.refusals.push_back("`up` of what `down` makes of NULL is not NULL in table " + pair.pair.table.text() +
                                    ": a new column that a program has emptied could not be told from one that is not "
                                    "filled yet; let `down` give NULL for NULL");
        compiled.fills = true;
    }
    if (!functions.sql.empty()) compiled.steps.push_back(std::move(functions));
    for (auto const& open : transforms(position)) {
        auto const checks = open.called ? call_checks(*open.called, schema_, open.key)
                                        : std::vector{transform_check(open.transform, schema_)};
        compiled.parse_checks.insert(compiled.parse_checks.end(), checks.begin(), checks.end());
        compiled.fills = true;
    }
    standing_.expanded = position + 1;
    compiled.rules = rules(position);
    for (auto const& rule : compiled.rules) compiled.parse_checks.push_back(any_broken(rule, Range::all));
    for (auto const& table : paired_tables(position)) {
        auto const called = said(position, table).text();
        compiled.counters.push_back({legacy_id(plan_.name(), migration.id.text(), called), called});
        compiled.steps.push_back(sync(table, {}));
        include(compiled.tables, table);
    }
    compiled.indexes = indexes(position);
    compiled.removes = removes(position);
    for (auto& step : compiled.steps) step.migration = migration.id.text();
    return compiled;
}

Step Blueprint::extras_of(std::size_t position, To to) const {
    Step step{
        .migration = {}, .what = "give columns the comments and rights of those in whose place they are", .sql = {}};
    auto const give = [&](Name const& table, Name const& of, Name const& column) {
        auto const extras = column_extras(*connection_, schema_, table, of, column);
        step.sql.insert(step.sql.end(), extras.begin(), extras.end());
    };
    for (auto const& open : open_) {
        auto const& pair = open.pair;
        if (open.position != position || pair.kind == PairKind::dropped) continue;
        if (to == To::new_columns && pair.from.size() > 1) {
            // Who may see one of several columns may not see what is made of all of them; and no comment is about all.
            for (auto const& column : pair.to) {
                auto const rights = rights_on_all(*connection_, schema_, pair.table, pair.from, column.name);
                step.sql.insert(step.sql.end(), rights.begin(), rights.end());
            }
        } else if (to == To::new_columns) {
            for (auto const& column : pair.to) give(pair.table, pair.from.front(), column.name);
        } else if (pair.kind == PairKind::alias) {
            give(pair.table, pair.to.front().name, pair.from.front());
        }
    }
    return step;
}

Compiled Blueprint::contract() const {
    auto const position = standing_.contracted;
    Compiled compiled{.position = position, .removes = removes(position)};
    compiled.moves = moves_of(position);
    // The old column stays, by the new name; what somebody has said of that meanwhile is said of it.
    auto extras = extras_of(position, To::old_columns);
    if (!extras.sql.empty()) compiled.steps.push_back(std::move(extras));
    // The trigger first: it names what goes. One whose table gets another name is made anew when it has it.
    for (auto const& table : paired_tables(position)) {
        bool const moves =
            std::ranges::any_of(compiled.moves, [&](MoveTable const& move) { return move.table == table; });
        if (!moves) compiled.steps.push_back(sync(table, position));
    }
    for (auto const& move : compiled.moves) {
        bool const is_paired = std::ranges::any_of(
            open_, [&](Open const& open) { return open.pair.table == move.table && is_synced(open); });
        if (!is_paired) continue;
        compiled.steps.push_back(
            {.migration = {},
             .what = "no longer keep both shapes of " + move.table.text() + " in step by that name",
             .sql = drop_sync({.schema = schema_, .table = move.table})});
    }
    Step functions{.migration = {}, .what = "drop what converts one shape to the other", .sql = {}};
    for (auto const& open : open_) {
        if (open.position != position || open.pair.kind == PairKind::dropped) continue;
        auto const drop = drop_conversion_functions(physical(open));
        functions.sql.insert(functions.sql.end(), drop.begin(), drop.end());
    }
    if (!functions.sql.empty()) compiled.steps.push_back(std::move(functions));
    for (auto const& effect : effects_.at(position)) {
        for (auto const& change : effect.contract) {
            if (std::holds_alternative<MoveTable>(change)) continue;  // when all else is done that names the table
            auto step = render(change, schema_);
            if (auto const* made = std::get_if<MakeIndex>(&change)) {
                auto later = early_index(made->index);
                step.what = "give index " + made->index.name.text() + " its name";
                step.sql = {rename_index(schema_, later.name, made->index.name.text())};
                step.refuse_if = index_is_not_whole(schema_, later.name);
                step.refusal = "the index is being built by somebody else; call contract() again";
            }
            if (auto const* replaced = std::get_if<ReplacePrimaryKey>(&change)) step = replace_key(position, *replaced);
            if (auto const* declared = std::get_if<DeclareColumn>(&change); declared && !declared->column.nullable) {
                auto const kept = lasting(position, declared->table, declared->column.name);
                if (!(kept == declared->column.name))
                    step.sql.push_back(prove_not_null(schema_, declared->table, kept).take_back);
            }
            if (auto const* view = std::get_if<MakeView>(&change)) {
                auto const grants = grants_on(*connection_, schema_, view->view, view->view);
                step.sql.insert(step.sql.end(), grants.begin(), grants.end());
            }
            std::visit(
                [&](auto const& kind) {
                    if constexpr (requires { include(compiled.tables, kind.table); })
                        include(compiled.tables, kind.table);
                },
                static_cast<ChangeVariant const&>(change));
            compiled.steps.push_back(std::move(step));
        }
    }
    for (auto const& table : paired_tables(position)) include(compiled.tables, table);
    for (auto const& move : compiled.moves) {
        include(compiled.tables, move.table);
        compiled.steps.push_back(render(move, schema_));
        // Rights that somebody has given by the new name meanwhile.
        auto const grants = grants_on(*connection_, schema_, move.to, move.to);
        compiled.steps.back().sql.insert(compiled.steps.back().sql.end(), grants.begin(), grants.end());
        bool const is_paired = std::ranges::any_of(open_, [&](Open const& open) {
            return open.position != position && open.pair.table == move.table && is_synced(open);
        });
        if (is_paired) compiled.steps.push_back(sync(move.table, position, move.to));
    }
    set_aside_views(compiled, position);
    compiled.proofs = proofs(position);
    compiled.proven_indexes = proven_indexes(position);
    compiled.rules = rules(position);
    for (auto& step : compiled.steps) step.migration = plan_.migrations()[position].id.text();
    return compiled;
}

std::vector<OpenTransform> Blueprint::transforms(std::size_t position) const {
    std::vector<OpenTransform> found;
    auto const functions = functions_of(plan_);
    for (auto const& effect : effects_.at(position)) {
        for (auto const& transform : effect.transforms) {
            OpenTransform open{.transform = transform, .key = row_key(*connection_, schema_, transform.table)};
            if (!functions.empty()) {
                std::vector<Side> set;
                for (auto const& one : transform.set) set.push_back(side_of(transform.table, one.column));
                open.called = take_apart(transform, functions, std::move(set), title_of(position));
            }
            found.push_back(std::move(open));
        }
    }
    return found;
}

Compiled Blueprint::undo() const {
    auto const position = standing_.expanded - 1;
    Compiled compiled{.position = position};
    // What a contract that was interrupted has begun to prove.
    for (auto const& proof : proofs(position)) {
        compiled.steps.push_back(
            {.migration = {}, .what = "no longer prove that " + proof.rule, .sql = {proof.take_back}});
        include(compiled.tables, proof.table);
    }
    for (auto const& table : paired_tables(position)) {
        compiled.steps.push_back(sync(table, position));
        include(compiled.tables, table);
    }
    Step functions{.migration = {}, .what = "drop what converts one shape to the other", .sql = {}};
    for (auto const& open : open_) {
        if (open.position != position || open.pair.kind == PairKind::dropped) continue;
        auto const drop = drop_conversion_functions(physical(open));
        functions.sql.insert(functions.sql.end(), drop.begin(), drop.end());
    }
    if (!functions.sql.empty()) compiled.steps.push_back(std::move(functions));
    auto const& effects = effects_.at(position);
    for (auto effect = effects.rbegin(); effect != effects.rend(); ++effect) {
        bool const says_how = !effect->undo.empty() || std::ranges::none_of(effect->expand, [](Change const& change) {
            return std::holds_alternative<RunScript>(change) || std::holds_alternative<CallCode>(change);
        });
        if (!says_how)
            throw PlanError{Failure{
                .what = title_of(position) + " ran SQL or code of its own at expand, and does not say how to undo it.",
                .object = plan_.migrations()[position].id.text(),
                .instead = "give it .undo, or go forward"}};
        for (auto const& change : effect->undo) {
            compiled.steps.push_back(render(change, schema_));
            auto const table = table_of_change(change);
            if (!table.empty() && live_.find_table(Name{table}) != nullptr) include(compiled.tables, Name{table});
        }
        for (auto const& change : effect->contract) {
            auto const* const made = std::get_if<MakeIndex>(&change);
            auto const* const replaced = std::get_if<ReplacePrimaryKey>(&change);
            if (made == nullptr && replaced == nullptr) continue;
            auto const name = made != nullptr ? early_index(made->index).name : key_index(*replaced).name;
            compiled.steps.push_back({.migration = {},
                                      .what = "drop the index that waits for contract",
                                      .sql = {drop_index(schema_, name, Beside::nobody)}});
        }
    }
    set_aside_views(compiled, position);
    for (auto& step : compiled.steps) step.migration = plan_.migrations()[position].id.text();
    return compiled;
}

std::vector<OpenPair> Blueprint::pairs(std::optional<std::size_t> position) const {
    std::vector<OpenPair> found;
    for (auto const& open : open_) {
        if (open.pair.kind == PairKind::dropped || (position && open.position != *position)) continue;
        found.push_back({open.position, physical(open), row_key(*connection_, schema_, open.pair.table)});
    }
    return found;
}

std::vector<LaterIndex> Blueprint::indexes(std::size_t position) const {
    std::vector<LaterIndex> found;
    std::vector<Name> made;
    for (auto const& effect : effects_.at(position)) {
        for (auto const& change : effect.expand) {
            if (auto const* table = std::get_if<MakeTable>(&change)) include(made, table->table.name);
            auto const* const index = std::get_if<MakeIndex>(&change);
            if (index != nullptr && std::ranges::find(made, index->index.table) == made.end())
                found.push_back({lasting(position, index->index), index->index.name.text()});
        }
        if (is_unique_rule(effect)) continue;  // until contract others may write the same twice
        for (auto const& change : effect.contract) {
            if (auto const* index = std::get_if<MakeIndex>(&change)) found.push_back(early_index(index->index));
        }
    }
    return found;
}

bool Blueprint::removes(std::size_t position) const {
    return std::ranges::any_of(effects_.at(position), [](Effect const& effect) { return !effect.contract.empty(); });
}

std::vector<std::string> Blueprint::let_go(std::size_t position) const {
    std::vector<std::string> all;
    if (has_triggers(position)) return all;
    for (auto const& open : open_) {
        if (open.position != position) continue;
        for (auto const& column : open.pair.from) {
            auto const sql = accept_nothing(*connection_, schema_, open.pair.table, column);
            all.insert(all.end(), sql.begin(), sql.end());
        }
    }
    return all;
}

std::vector<OpenPair> Blueprint::carried(Transform const& transform) const {
    auto found = pairs();
    std::erase_if(found, [&](OpenPair const& open) {
        bool const reads = std::ranges::any_of(open.pair.pair.from, [&](Side const& side) {
            return std::ranges::any_of(transform.set, [&](auto const& one) { return one.column == side.column; });
        });
        return !open.pair.refilled || !(open.pair.pair.table == transform.table) || !reads;
    });
    return found;
}

std::vector<std::pair<std::string, std::string>> Blueprint::losses() const {
    auto const position = standing_.expanded - 1;
    std::vector<std::pair<std::string, std::string>> queries;
    std::vector<std::pair<Name, Name>> paired;
    for (auto const& open : open_) {
        if (open.position != position || open.pair.kind == PairKind::dropped) continue;
        auto const pair = physical(open);
        queries.emplace_back(count_unreturnable(pair), "rows of table " + pair.pair.table.text() +
                                                           " with values that the old shape cannot give back");
        for (auto const& side : pair.pair.to) paired.emplace_back(pair.pair.table, side.column);
    }
    for (auto const& effect : effects_.at(position)) {
        for (auto const& change : effect.expand) {
            if (auto const* made = std::get_if<MakeTable>(&change))
                queries.emplace_back(count_rows(schema_, made->table.name), "rows of table " + made->table.name.text());
            auto const* const column = std::get_if<MakeColumn>(&change);
            if (column == nullptr) continue;
            if (std::ranges::find(paired, std::pair{column->table, column->column.name}) != paired.end()) continue;
            queries.emplace_back(
                count_used(schema_, column->table, column->column),
                "rows with a value in column " + column->table.text() + "." + column->column.name.text());
        }
    }
    return queries;
}

std::vector<Name> Blueprint::tables() const {
    std::vector<Name> found;
    std::vector<RenameTable const*> renames;  // those before the operation that is looked at; some may be pending
    auto const there = [&](Name table) {
        for (auto rename = renames.rbegin(); rename != renames.rend(); ++rename) {
            if ((*rename)->to == table) table = (*rename)->from;
        }
        return live_.find_table(table);
    };
    auto const add = [&](Name const& table) {
        if (auto const* known = there(table)) include(found, known->name);
    };
    for (auto position = standing_.contracted; position < plan_.migrations().size(); ++position) {
        for (auto const& operation : plan_.migrations()[position].operations) {
            if (auto const table = evolver::table_of(operation); !table.empty()) add(Name{table});
            if (auto const* made = std::get_if<AddForeignKey>(&operation)) add(made->key.table);
            if (auto const* dropped = std::get_if<DropForeignKey>(&operation)) {
                auto const* const table = there(dropped->table);
                for (auto const& key : table == nullptr ? std::vector<ForeignKey>{} : table->foreign_keys)
                    add(key.table);
            }
            if (auto const* dropped = std::get_if<DropIndex>(&operation)) {
                for (auto const& index : live_.indexes) {
                    if (index.name == dropped->name) add(index.table);
                }
            }
            if (auto const* made = std::get_if<CreateTable>(&operation)) {
                for (auto const& key : made->foreign_keys) add(key.table);
            }
            if (auto const* renamed = std::get_if<RenameTable>(&operation)) renames.push_back(renamed);
        }
    }
    return found;
}

std::vector<Name> Blueprint::views() const {
    std::vector<Name> found;
    auto const add = [&](Name const& view) {
        if (std::ranges::any_of(live_.views, [&](View const& one) { return one.name == view; })) include(found, view);
    };
    for (auto position = standing_.contracted; position < plan_.migrations().size(); ++position) {
        for (auto const& operation : plan_.migrations()[position].operations) {
            if (auto const* dropped = std::get_if<DropView>(&operation)) add(dropped->name);
            if (auto const* replaced = std::get_if<ReplaceView>(&operation)) add(replaced->name);
        }
    }
    return found;
}

}  // namespace evolver::postgresql
