#include "compile/compiler.hpp"

#include "compile/broken_releases.hpp"
#include "compile/expression_check.hpp"
#include "compile/invariant_check.hpp"
#include "compile/table_of_change.hpp"
#include "dialect/sqlite/create_text.hpp"
#include "dialect/sqlite/functions.hpp"
#include "dialect/sqlite/index_sql.hpp"
#include "dialect/sqlite/keep.hpp"
#include "dialect/sqlite/render.hpp"
#include "dialect/sqlite/statement_fault.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/schema/digest.hpp"
#include "evolver/schema/tokens.hpp"
#include "operation/replace.hpp"

#include <algorithm>
#include <concepts>
#include <iterator>
#include <utility>

namespace evolver {

namespace {

/// What somebody's own SQL has made, as far as the catalogue shows it, so that later operations can build on it.
void learn(Schema& known, Schema const& before, Schema const& after) {
    for (auto const& table : after.tables) {
        auto const* old = before.find_table(table.name);
        if (old == nullptr) {
            known.tables.push_back(table);
            continue;
        }
        auto* mine = known.find_table(table.name);
        if (mine == nullptr) continue;
        for (auto const& column : table.columns) {
            if (old->find(column.name) == nullptr && mine->find(column.name) == nullptr)
                mine->columns.push_back(column);
        }
        std::erase_if(mine->columns, [&](Column const& column) {
            return old->find(column.name) != nullptr && table.find(column.name) == nullptr;
        });
    }
    std::erase_if(known.tables, [&](Table const& table) {
        return before.find_table(table.name) != nullptr && after.find_table(table.name) == nullptr;
    });
    for (auto const& index : after.indexes) {
        if (before.find_index(index.name) == nullptr) known.indexes.push_back(index);
    }
    std::erase_if(known.indexes, [&](Index const& index) {
        return before.find_index(index.name) != nullptr && after.find_index(index.name) == nullptr;
    });
}

/// Contract takes something from older releases: the old shape, or the triggers that kept a column for them.
bool takes_away(Effect const& effect) { return !effect.contract.empty() || !effect.kept.empty(); }

void include(std::vector<Name>& names, Name const& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

bool is_raw(std::vector<Change> const& changes) {
    return std::any_of(changes.begin(), changes.end(),
                       [](Change const& change) { return std::holds_alternative<RunScript>(change); });
}

bool is_code(Change const& change) { return std::holds_alternative<CallCode>(change); }

/// The operation whose expand nobody but its own words can take back; empty where there is none.
std::string_view own_words(Effect const& effect) {
    if (is_raw(effect.expand)) return "RawSql";
    return std::any_of(effect.expand.begin(), effect.expand.end(), is_code) ? "RunCode" : "";
}

/// An index that could be built in small batches: nothing needs it in the meantime.
bool can_wait(Effect const& effect, Change const& change) {
    return std::holds_alternative<MakeIndex>(change) && effect.rules.empty();
}

/// `contract` frees the name that `made` needs.
bool frees(Change const& contract, Change const& made) {
    auto const column = [&](Name const& table, Name const& name) {
        auto const* removed = std::get_if<RemoveColumn>(&contract);
        auto const* settled = std::get_if<SettleAlias>(&contract);
        return (removed != nullptr && removed->table == table && removed->column == name) ||
               (settled != nullptr && settled->table == table && settled->column == name);
    };
    if (auto const* one = std::get_if<MakeColumn>(&made)) return column(one->table, one->column.name);
    if (auto const* one = std::get_if<MakeAlias>(&made)) return column(one->table, one->alias);
    auto const* table = std::get_if<MakeTable>(&made);
    auto const* removed_table = std::get_if<RemoveTable>(&contract);
    if (table != nullptr && removed_table != nullptr) return removed_table->table == table->table.name;
    auto const* moved_table = std::get_if<MoveTable>(&contract);
    if (table != nullptr && moved_table != nullptr) return moved_table->table == table->table.name;
    auto const* index = std::get_if<MakeIndex>(&made);
    auto const* removed_index = std::get_if<RemoveIndex>(&contract);
    return index != nullptr && removed_index != nullptr && removed_index->index == index->index.name;
}

/// How long a batch of an index may hold the lock.
constexpr std::chrono::milliseconds online_batch{8};

/// The operation's effect; what is wrong with it is told with the migration's name.
Effect effect_in(std::string const& id, Operation const& operation, Schema& schema) {
    try {
        return effect_of(operation, schema);
    } catch (PlanError const& error) {
        throw PlanError{Failure{.what = "Migration \"" + id + "\", " + error.what(),
                                .object = error.object(),
                                .native_code = error.native_code()}};
    }
}

}  // namespace

std::int64_t legacy_id(std::string const& plan, std::string const& migration, std::string const& table) {
    auto const digest = digest_of(plan + '\0' + migration + '\0' + table);
    return static_cast<std::int64_t>(std::stoull(digest.substr(0, 15), nullptr, 16));
}

Compiler::Compiler(Plan plan, Standing standing, sqlite::Connection const& live, std::chrono::milliseconds budget)
    : plan_{std::move(plan)},
      standing_{standing},
      budget_{budget},
      live_{&live},
      schema_version_{live.integer("PRAGMA schema_version")},
      clone_{sqlite::clone_schema(live)} {
    sqlite::add_functions(clone_.connection, plan_);
    // A newer release may have gone further than this plan knows.
    standing_.expanded = std::min(standing_.expanded, plan_.migrations().size());
    standing_.contracted = std::min(standing_.contracted, standing_.expanded);
    make_strict();
    virtual_ = sqlite::inspect(clone_.connection);
    // An open rename is only in the plan: its new name first, so that what came after it finds the table.
    for (auto position = standing_.contracted; position < standing_.expanded; ++position) {
        for (auto const& operation : plan_.migrations()[position].operations) {
            if (auto const* renamed = std::get_if<RenameTable>(&operation))
                rename_table(virtual_, renamed->from, renamed->to);
        }
    }
    for (auto position = standing_.expanded; position-- > standing_.contracted;) {
        auto const& operations = plan_.migrations()[position].operations;
        for (auto operation = operations.rbegin(); operation != operations.rend(); ++operation)
            retract(*operation, virtual_);
    }
    for (auto position = standing_.contracted; position < standing_.expanded; ++position) (void)effects_of(position);
}

std::vector<Effect> Compiler::effects_of(std::size_t position) {
    auto const known = effects_.find(position);
    if (known != effects_.end()) return known->second;
    std::vector<Effect> effects;
    for (auto const& operation : plan_.migrations()[position].operations) {
        effects.push_back(effect_of(operation, virtual_));
        open_pairs(position, effects.back());
    }
    effects_[position] = effects;
    return effects;
}

void Compiler::open_pairs(std::size_t position, Effect& effect) {
    std::vector<Change> now;
    for (auto& change : effect.expand) {
        auto const* made = std::get_if<MakeIndex>(&change);
        bool const waits = made != nullptr && waits_for_backfill(made->index);
        // A unique index on a column that sync fills would make an old program's statement fail where `up` gives one value twice.
        auto& when = !waits ? now : made->index.unique ? effect.contract : effect.filled;
        when.push_back(std::move(change));
    }
    effect.expand = std::move(now);
    for (auto const& pair : effect.pairs) open_.push_back({position, pair});
    for (auto const& cross : effect.crossings) crossings_.push_back({position, cross});
    for (auto const& column : effect.kept) kept_.push_back({position, column});
    for (auto const& rule : effect.rules) rules_.push_back({position, rule});
    for (auto const& move : effect.moves) moves_.push_back({position, move});
}

Name Compiler::at(Name table) const {
    for (auto open = moves_.rbegin(); open != moves_.rend(); ++open) {
        if (open->move.to == table) table = open->move.from;
    }
    return table;
}

Schema Compiler::physical() const { return sqlite::inspect(clone_.connection); }

std::int64_t Compiler::bytes_of(std::int64_t rows) const {
    constexpr std::int64_t wide_row = 2048;  // so that a small table in a large file counts as small
    auto const file = live_->integer("PRAGMA page_count") * live_->integer("PRAGMA page_size");
    return std::min(file, rows * wide_row);
}

std::int64_t Compiler::rows_of(std::string const& table) {
    if (table.empty()) return 0;
    auto const known = rows_.find(table);
    if (known != rows_.end()) return known->second;
    auto const exists = sqlite::inspect_table(*live_, Name{table}).has_value();
    return rows_[table] = exists ? sqlite::estimated_rows(*live_, Name{table}) : 0;
}

void Compiler::run(std::vector<Step>& steps, Step step, std::string const& migration) {
    step.migration = migration;
    try {
        if (!step.refuse_if.empty()) (void)clone_.connection.prepare(step.refuse_if);
        for (auto const& sql : step.sql) clone_.connection.run(sql);
    } catch (EngineError const& error) {
        if (!sqlite::is_the_statements_fault(error)) throw;
        auto instead = error.instead().empty() ? way_out_ : error.instead();
        bool const is_first = standing_.expanded == 0;
        if (is_first && std::string_view{error.what()}.find("already exists") != std::string_view::npos)
            instead +=
                "; where the database existed before evolver, and shows the work of the first migrations, call "
                "baseline(\"<the last of them>\") once";
        throw PlanError{Failure{.what = "Migration \"" + migration + "\", step \"" + step.what + "\": " + error.what(),
                                .object = migration,
                                .instead = std::move(instead),
                                .native_code = error.native_code()}};
    }
    steps.push_back(std::move(step));
}

void Compiler::render(std::vector<Step>& steps, Change const& change, Lock lock, std::string const& migration,
                      bool online) {
    auto const physical_change = resolved(change);
    auto const rows = rows_of(table_of_change(physical_change));
    sqlite::RenderContext const context{.schema = clone_.connection,
                                        .rows = rows,
                                        .bytes = bytes_of(rows),
                                        .lock = lock,
                                        .budget = budget_,
                                        .online = online};
    run(steps, sqlite::render(physical_change, context), migration);
    bool const takes = std::holds_alternative<RemoveColumn>(change) || std::holds_alternative<RemoveTable>(change);
    if (takes) refuse_dependents(steps.back());
}

void Compiler::refuse_dependents(Step const& step) const {
    auto const refuse = [&](std::string const& what) {
        throw PlanError{Failure{.what = "Migration \"" + step.migration + "\", step \"" + step.what + "\": " + what,
                                .object = step.migration,
                                .instead = way_out_}};
    };
    // A tombstone is a rename, and SQLite makes views and triggers follow it: they would read what nobody writes any more.
    auto followers = clone_.connection.prepare(
        "SELECT type || ' \"' || name || '\"' FROM sqlite_schema WHERE type IN ('view', 'trigger') AND "
        "instr(lower(sql), ?1) > 0");
    followers.bind(1, sqlite::tombstone_prefix);
    if (followers.step()) refuse("the " + followers.text(0) + " uses the column.");
    // SQLite drops a table under the views and triggers that use it; renaming anything makes it look at all of them.
    try {
        clone_.connection.run(
            "CREATE TABLE evolver_probe (a); ALTER TABLE evolver_probe RENAME TO evolver_probed; DROP TABLE "
            "evolver_probed");
    } catch (EngineError const& error) {
        if (!sqlite::is_the_statements_fault(error)) throw;
        std::string const words = error.what();
        refuse(words.substr(0, words.find('\n')) + ".");
    }
}

void Compiler::refuse_held_names(Effect const& effect, std::vector<Effect> const& before, std::size_t position,
                                 std::string const& title) {
    auto const holds = [&](Effect const& other) {
        return std::any_of(effect.expand.begin(), effect.expand.end(), [&](Change const& made) {
            return std::any_of(other.contract.begin(), other.contract.end(),
                               [&](Change const& contract) { return frees(contract, made); });
        });
    };
    auto const refuse = [&](std::string const& by, std::string const& instead) {
        throw PlanError{
            Failure{.what = title + ": the name is not free yet: " + by + " has replaced it, and is not contracted.",
                    .object = id_of(position),
                    .instead = instead}};
    };
    std::string const other_name = "choose another name, or move this to a migration of a later release";
    if (std::any_of(before.begin(), before.end(), holds)) refuse("an operation before it", other_name);
    for (auto holder = standing_.contracted; holder < position; ++holder) {
        auto const effects = effects_of(holder);
        if (!std::any_of(effects.begin(), effects.end(), holds)) continue;
        auto const& release = plan_.migrations()[holder].release;
        refuse("migration \"" + id_of(holder) + "\"", release == plan_.migrations()[position].release
                                                          ? other_name
                                                          : "contract \"" + id_of(holder) +
                                                                "\" first, with the plan as release " + release.text() +
                                                                " knows it (Plan::until), or choose another name");
    }
}

void Compiler::warn_of_broken(Compiled& compiled) {
    auto const broken = sqlite::broken(watched_, clone_.connection);
    if (broken.empty()) return;
    // Each is told once, by the migration that did it.
    for (auto const& statement : broken)
        std::erase_if(watched_, [&](NaturalStatement const& other) { return other.sql == statement.sql; });
    compiled.warnings.push_back(warning_of(broken, id_of(compiled.position)));
}

std::string Compiler::base_of(Name const& table, Name const& column) const {
    std::string base = column.text();
    for (auto open = open_.rbegin(); open != open_.rend(); ++open) {
        auto const& pair = open->pair;
        if (pair.kind == PairKind::alias && at(pair.table) == at(table) && pair.to.front().name == Name{base})
            base = pair.from.front().text();
    }
    return base;
}

Change Compiler::resolved(Change change) const {
    // By the name that the database knows the table by.
    std::visit(
        [&](auto& kind) {
            if constexpr (requires {
                              { kind.table } -> std::same_as<Name&>;
                          })
                kind.table = at(kind.table);
        },
        change);
    // A computed column over a second name would hold that name fast, as an index would.
    if (auto* column = std::get_if<MakeColumn>(&change); column != nullptr && column->column.generated)
        column->column.generated = Expression{over_columns(column->table, *column->column.generated)};
    if (auto* table = std::get_if<MakeTable>(&change)) {
        for (auto& key : table->table.foreign_keys) key.table = at(key.table);
    }
    if (auto* key = std::get_if<MakeForeignKey>(&change)) key->key.table = at(key->key.table);
    auto* made = std::get_if<MakeIndex>(&change);
    if (made == nullptr) return change;
    made->index.table = at(made->index.table);
    // An index over a second name would hold that name fast: it is made over the column itself, and follows when that is renamed.
    auto const base = [&](std::string const& name) -> std::optional<std::string> {
        auto const resolved_name = base_of(made->index.table, Name{name});
        return resolved_name == name ? std::nullopt : std::optional{sqlite::quoted(resolved_name)};
    };
    for (auto& part : made->index.parts) {
        auto const& text = part.expression.text(Engine::sqlite);
        part.expression =
            part.column ? Expression{base_of(made->index.table, Name{text})} : Expression{replace_columns(text, base)};
    }
    if (made->index.where)
        made->index.where = Expression{replace_columns(made->index.where->text(Engine::sqlite), base)};
    return change;
}

/// Second names are resolved in expressions, too: they go when the rename is contracted.
std::string Compiler::over_columns(Name const& table, Expression const& expression) const {
    return replace_columns(expression.text(Engine::sqlite), [&](std::string const& name) -> std::optional<std::string> {
        auto const base = base_of(table, Name{name});
        return base == name ? std::nullopt : std::optional{sqlite::quoted(base)};
    });
}

sqlite::PhysicalPair Compiler::bare_pair(Pair const& pair) const {
    bool const strict = is_strict(pair.table);
    auto const side = [&](Name const& column) {
        std::vector<sqlite::Value> const binds{at(pair.table).text(), column.text()};
        auto const words =
            clone_.connection.text("SELECT type FROM pragma_table_xinfo(?1) WHERE name = ?2 COLLATE NOCASE", binds);
        // ANY keeps what it is given in a STRICT table; elsewhere it is a word like any other.
        bool const any = strict && same_identifier(words, "ANY");
        return sqlite::Side{column, any ? sqlite::Affinity::none : sqlite::affinity_of(words)};
    };
    sqlite::PhysicalPair physical{.table = at(pair.table), .from = {}, .to = {}, .up = {}, .down = {}};
    for (auto const& column : pair.from) physical.from.push_back(side(Name{base_of(pair.table, column)}));
    for (auto const& column : pair.to) physical.to.push_back(side(column.name));
    for (auto const& up : pair.up) physical.up.push_back(over_columns(pair.table, up));
    for (auto const& down : pair.down) physical.down.push_back(over_columns(pair.table, down));
    return physical;
}

sqlite::PhysicalPair Compiler::physical_pair(Pair const& pair) const {
    auto physical = bare_pair(pair);
    if (!is_strict(pair.table)) return physical;
    // A STRICT table raises an error for a value of another type, and the old program's statement would fail with it: such a value is NULL
    // here, which is quarantine.
    for (std::size_t i = 0; i < physical.to.size(); ++i) {
        std::vector<sqlite::Value> const binds{physical.table.text(), physical.to[i].column.text()};
        auto const words =
            clone_.connection.text("SELECT type FROM pragma_table_xinfo(?1) WHERE name = ?2 COLLATE NOCASE", binds);
        if (same_identifier(words, "ANY")) continue;
        auto const cast = "CAST((" + physical.up[i] + ") AS " + words + ")";
        physical.up[i] = "CASE WHEN +(" + physical.up[i] + ") IS " + cast + " THEN " + cast + " END";
    }
    return physical;
}

bool Compiler::is_strict(Name const& table) const {
    sqlite::Value const name = at(table).text();
    return clone_.connection.integer(
               "SELECT strict FROM pragma_table_list WHERE schema = 'main' AND name = ?1 COLLATE NOCASE", {&name, 1}) !=
           0;
}

std::vector<OpenPhysicalPair> Compiler::pairs(std::optional<std::size_t> position) const {
    std::vector<OpenPhysicalPair> found;
    for (auto const& open : open_) {
        if (open.pair.kind != PairKind::computed || (position && open.position != *position)) continue;
        found.push_back({open.position, physical_pair(open.pair)});
        found.back().pair.refilled = !has_triggers(open.position);
    }
    return found;
}

bool Compiler::waits_for_backfill(Index const& index) const {
    for (auto const& open : open_) {
        if (open.pair.kind != PairKind::computed || !(at(open.pair.table) == at(index.table))) continue;
        for (auto const& column : open.pair.to) {
            bool const named = std::any_of(index.parts.begin(), index.parts.end(), [&](IndexPart const& part) {
                auto const& text = part.expression.text(Engine::sqlite);
                return part.column ? same_identifier(base_of(index.table, Name{text}), column.name.text())
                                   : mentions_column(text, column.name.text());
            });
            if (named || (index.where && mentions_column(index.where->text(Engine::sqlite), column.name.text())))
                return true;
        }
    }
    for (auto const& open : crossings_) {
        if (!(at(open.pair.target) == at(index.table))) continue;
        auto const& to = open.pair.to.text();
        bool const named = std::any_of(index.parts.begin(), index.parts.end(), [&](IndexPart const& part) {
            auto const& text = part.expression.text(Engine::sqlite);
            return part.column ? same_identifier(base_of(index.table, Name{text}), to) : mentions_column(text, to);
        });
        if (named || (index.where && mentions_column(index.where->text(Engine::sqlite), to))) return true;
    }
    return false;
}

std::vector<Name> Compiler::tables_of(std::vector<Effect> const& effects) const {
    std::vector<Name> tables;
    auto const add = [&](std::string const& table) {
        if (!table.empty()) include(tables, at(Name{table}));
    };
    for (auto const& effect : effects) {
        for (auto const& pair : effect.pairs) add(pair.table.text());
        for (auto const* changes : {&effect.expand, &effect.filled, &effect.contract}) {
            for (auto const& change : *changes) add(table_of_change(change));
        }
    }
    return tables;
}

std::vector<Name> Compiler::synced_tables(std::vector<Effect> const& effects) const {
    auto touched = tables_of(effects);
    bool const raw = std::any_of(effects.begin(), effects.end(), [](Effect const& effect) {
        return is_raw(effect.expand) || is_raw(effect.contract) || is_raw(effect.undo);
    });
    std::vector<Name> tables;
    auto const concern = [&](Name const& table) {
        if (raw || std::find(touched.begin(), touched.end(), table) != touched.end()) include(tables, table);
    };
    for (auto const& open : open_) {
        if (open.pair.kind == PairKind::computed) concern(at(open.pair.table));
    }
    for (auto const& kept : kept_) concern(at(kept.column.table));
    for (auto const& open : crossings_) {
        concern(at(open.pair.source));
        concern(at(open.pair.target));
    }
    include_crossed(tables);
    return tables;
}

std::vector<Name> Compiler::tables(std::size_t position) const {
    auto const known = effects_.find(position);
    return known == effects_.end() ? std::vector<Name>{} : tables_of(known->second);
}

bool Compiler::removes(std::size_t position) const {
    auto const known = effects_.find(position);
    return known != effects_.end() && std::any_of(known->second.begin(), known->second.end(),
                                                  [](Effect const& effect) { return takes_away(effect); });
}

void Compiler::unsync(std::vector<Step>& steps, Name const& table, std::string const& migration) {
    sqlite::Value const name = table.text();
    Step step{.migration = {}, .what = "take the sync triggers off " + table.text(), .sql = {}};
    auto triggers = clone_.connection.prepare(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE");
    triggers.bind(1, name);
    while (triggers.step()) {
        auto const trigger = triggers.text(0);
        if (trigger.starts_with(sqlite::sync_prefix)) {
            step.sql.push_back("DROP TRIGGER " + sqlite::quoted(trigger));
            continue;
        }
        auto const sql = triggers.text(1);
        auto const wide = sqlite::widened_trigger(sql);
        if (wide == sql) continue;
        step.sql.push_back("DROP TRIGGER " + sqlite::quoted(trigger));
        step.sql.push_back(wide);
    }
    triggers.reset();
    if (!step.sql.empty()) run(steps, std::move(step), migration);
}

void Compiler::unsync(std::vector<Step>& steps, std::vector<Name> const& tables, std::string const& migration) {
    for (auto const& table : tables) unsync(steps, table, migration);
}

void Compiler::resync(std::vector<Step>& steps, std::vector<Name> const& tables, std::string const& migration) {
    for (auto const& table : tables) {
        if (sqlite::inspect_table(clone_.connection, table)) sync(steps, table, migration);
    }
}

void Compiler::sync(std::vector<Step>& steps, Name const& table, std::string const& migration) {
    std::vector<sqlite::SyncedPair> synced;
    std::vector<Name> younger;  // columns that the application's own triggers are not meant for
    std::size_t number = 0;
    for (auto const& open : open_) {
        if (open.pair.kind != PairKind::computed || !(at(open.pair.table) == table)) continue;
        if (!has_triggers(open.position)) continue;
        // The plan's word for the table, which stays when the table gets its new name.
        auto const& word = open.pair.table.text();
        synced.push_back({.pair = physical_pair(open.pair),
                          .label = id_of(open.position) + "_" + std::to_string(++number) + "_" + word,
                          .legacy = legacy_id(plan_.name(), id_of(open.position), word)});
        for (auto const& column : open.pair.to) younger.push_back(column.name);
    }
    std::vector<Column> kept;
    for (auto const& column : kept_) {
        if (!(at(column.column.table) == table)) continue;
        kept.push_back(column.column.column);
        younger.push_back(column.column.column.name);
    }
    std::vector<std::string> crossing;
    for (auto const& open : crossings_) {
        auto const label = id_of(open.position) + "_" + open.pair.source.text() + "_" + open.pair.column.text();
        if (at(open.pair.source) == table) {
            auto const legacy = legacy_id(plan_.name(), id_of(open.position), open.pair.source.text());
            for (auto& statement : sqlite::source_triggers(physical_cross(open.pair), label, legacy))
                crossing.push_back(std::move(statement));
        } else if (at(open.pair.target) == table) {
            for (auto& statement : sqlite::target_triggers(physical_cross(open.pair), label))
                crossing.push_back(std::move(statement));
            younger.push_back(open.pair.to);
        }
    }
    if (synced.empty() && kept.empty() && crossing.empty()) return;

    Step step{.migration = {}, .what = "keep both shapes of " + table.text() + " in step by triggers", .sql = {}};
    auto const physical_table = sqlite::inspect_table(clone_.connection, table);
    if (!physical_table) {
        throw PlanError{
            Failure{.what = "The table " + table.text() +
                            ", which an open migration changes, is gone: " + "somebody has dropped or renamed it.",
                    .object = table.text(),
                    .instead = "bring it back from a backup, or give it its name again; nothing was written"}};
    }
    std::vector<Name> known;
    for (auto const& column : physical_table->columns) {
        if (!column.generated && std::find(younger.begin(), younger.end(), column.name) == younger.end())
            known.push_back(column.name);
    }
    // A trigger of the application's that fires for every UPDATE would fire for evolver's own, too: an audit row twice, a version counted
    // twice. It is held to the columns that it was written for, until contract.
    sqlite::Value const name = table.text();
    auto triggers = clone_.connection.prepare(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE");
    triggers.bind(1, name);
    while (triggers.step()) {
        auto const sql = triggers.text(1);
        auto const narrow = triggers.text(0).starts_with("evolver_") ? sql : sqlite::narrowed_trigger(sql, known);
        if (narrow == sql) continue;
        step.sql.push_back("DROP TRIGGER " + sqlite::quoted(triggers.text(0)));
        step.sql.push_back(narrow);
    }
    triggers.reset();
    auto const key = sqlite::row_key(clone_.connection, table);
    for (auto& statement : sqlite::sync_triggers(table, key, synced)) step.sql.push_back(std::move(statement));
    for (auto& statement : crossing) step.sql.push_back(std::move(statement));
    auto const note = legacy_id(plan_.name(), "kept", table.text());
    for (auto& statement : sqlite::keep_triggers(clone_.connection, *physical_table, key, kept, note))
        step.sql.push_back(std::move(statement));
    run(steps, std::move(step), migration);
}

void Compiler::forget(std::size_t position) {
    std::erase_if(open_, [&](Open const& open) { return open.position == position; });
    std::erase_if(crossings_, [&](OpenCross const& open) { return open.position == position; });
    std::erase_if(kept_, [&](Kept const& kept) { return kept.position == position; });
    std::erase_if(rules_, [&](OpenRule const& open) { return open.position == position; });
}

void Compiler::forget_moves(std::size_t position) {
    std::erase_if(moves_, [&](OpenMove const& open) { return open.position == position; });
}

/// A row of the old shape goes on through a chain in one statement of a trigger; without triggers, the backfill of one pair would not see
/// what that of the other has to change.
void Compiler::refuse_chained(Effect const& effect, std::size_t position, std::string const& title) const {
    auto const shares = [&](Pair const& one, Pair const& other) {
        auto const is_among = [&](Name const& column) {
            auto const base = Name{base_of(other.table, column)};
            return std::ranges::any_of(other.from,
                                       [&](Name const& from) { return Name{base_of(other.table, from)} == base; }) ||
                   std::ranges::any_of(other.to, [&](Column const& to) { return to.name == base; });
        };
        return at(one.table) == at(other.table) &&
               (std::ranges::any_of(one.from, is_among) ||
                std::ranges::any_of(one.to, [&](Column const& to) { return is_among(to.name); }));
    };
    for (auto const& pair : effect.pairs) {
        if (pair.kind != PairKind::computed) continue;
        for (auto const& open : open_) {
            if (open.pair.kind != PairKind::computed || !shares(pair, open.pair)) continue;
            if (has_triggers(position) && has_triggers(open.position)) continue;
            throw PlanError{Failure{
                .what = title + ": migration \"" + id_of(open.position) +
                        "\", which is open, computes the same column, and one of the two says Sync::application.",
                .object = id_of(position),
                .instead = open.position == position ? "move one of them to a migration of a later release"
                                                     : "contract \"" + id_of(open.position) + "\" first"}};
        }
    }
}

void Compiler::check(Pair const& pair, std::string const& title) const {
    if (pair.kind == PairKind::computed) check_expressions(clone_.connection, bare_pair(pair), title);
    if (pair.kind != PairKind::dropped || pair.down.empty()) return;
    sqlite::PhysicalPair filled{.table = at(pair.table), .from = {}, .to = {}, .up = {}, .down = {}};
    filled.from = {{pair.from.front(), sqlite::Affinity::none}};
    filled.down = {pair.down.front().text(Engine::sqlite)};
    check_expressions(clone_.connection, filled, title);
}

sqlite::PhysicalRule Compiler::physical_rule(Rule rule) const {
    auto const base = [&](Name const& column) { return Name{base_of(rule.table, column)}; };
    if (rule.condition) rule.condition = Expression{over_columns(rule.table, *rule.condition)};
    for (auto& one : rule.clean) one = {base(one.column), Expression{over_columns(rule.table, one.value)}};
    for (auto& column : rule.columns) column = base(column);
    if (rule.reference) {
        for (auto& column : rule.reference->referenced) column = Name{base_of(rule.reference->table, column)};
        rule.reference->table = at(rule.reference->table);
    }
    rule.table = at(rule.table);
    std::vector<Name> row;
    auto const table = sqlite::inspect_table(clone_.connection, rule.table);
    for (auto const& column : table->columns) {
        if (!column.generated) row.push_back(column.name);
    }
    auto key = sqlite::row_key(clone_.connection, rule.table);
    return {.rule = std::move(rule), .key = std::move(key), .row = std::move(row)};
}

std::vector<sqlite::PhysicalRule> Compiler::rules(std::size_t position) const {
    std::vector<sqlite::PhysicalRule> found;
    for (auto const& open : rules_) {
        if (open.position == position) found.push_back(physical_rule(open.rule));
    }
    return found;
}

void Compiler::check(sqlite::PhysicalRule const& rule, std::string const& title) const {
    auto const table = sqlite::quoted(rule.rule.table.text());
    std::string assignments;
    for (auto const& one : rule.rule.clean)
        assignments += (assignments.empty() ? "" : ", ") + sqlite::quoted(one.column.text()) + " = " +
                       one.value.text(Engine::sqlite);
    try {
        (void)clone_.connection.prepare(sqlite::count_broken(rule));
        if (!assignments.empty()) (void)clone_.connection.prepare("UPDATE " + table + " SET " + assignments);
    } catch (EngineError const& error) {
        if (!sqlite::is_the_statements_fault(error)) throw;
        throw PlanError{Failure{.what = title + ": " + error.what(),
                                .object = rule.rule.table.text(),
                                .instead = "correct the expression",
                                .native_code = error.native_code()}};
    }
}

Compiled Compiler::expand() {
    auto const position = standing_.expanded;
    auto const& migration = plan_.migrations()[position];
    auto const& id = migration.id.text();
    Compiled compiled{.position = position};
    auto const check_invariants = [&] {
        for (auto const& invariant : migration.invariants)
            check_invariant(clone_.connection, id, invariant, invariant.before);
    };
    check_invariants();
    std::vector<Effect> effects;
    std::vector<Name> filled;       // tables that want a backfill, for a pair
    std::vector<Name> transformed;  // the same for a Backfill
    for (auto const& operation : migration.operations) {
        auto effect = effect_in(id, operation, virtual_);
        auto const before = is_raw(effect.expand) ? std::optional{physical()} : std::nullopt;
        refuse_crossed(effect, position, "Migration \"" + id + "\", " + title(operation));
        refuse_chained(effect, position, "Migration \"" + id + "\", " + title(operation));
        auto const first = open_.size();
        refuse_held_names(effect, effects, position, "Migration \"" + id + "\", " + title(operation));
        open_pairs(position, effect);
        for (auto const& change : effect.expand) {
            auto const* made = std::get_if<MakeColumn>(&change);
            if (made != nullptr && made->column.generated) {
                check_computed(clone_.connection, at(made->table), over_columns(made->table, *made->column.generated),
                               "Migration \"" + id + "\", " + title(operation));
            }
            if (!is_put_off(effect, change)) {
                render(compiled.steps, change, effect.lock, id, can_wait(effect, change));
                continue;
            }
            compiled.has_filled_steps = compiled.adopts = true;
            try {
                (void)sqlite::index_layout(clone_.connection, std::get<MakeIndex>(resolved(change)).index);
            } catch (EngineError const& error) {
                if (!sqlite::is_the_statements_fault(error)) throw;
                throw PlanError{Failure{.what = "Migration \"" + id + "\", " + title(operation) + ": " + error.what(),
                                        .object = id,
                                        .instead = way_out_,
                                        .native_code = error.native_code()}};
            }
            auto const why = sqlite::adoption_refused(*live_);
            if (why.empty()) continue;
            throw PlanError{Failure{
                .what = "Migration \"" + id + "\", " + title(operation) + " cannot be done online: " + why + ".",
                .object = id,
                .instead = "run it in a maintenance window, and say so in the operation: .lock = Lock::in_window"}};
        }
        if (before) learn(virtual_, *before, physical());
        for (auto i = first; i < open_.size(); ++i) {
            auto const& pair = open_[i].pair;
            check(pair, "Migration \"" + id + "\", " + title(operation));
            if (pair.kind == PairKind::computed) include(filled, pair.table);
        }
        for (auto const& cross : effect.crossings) {
            check(physical_cross(cross), "Migration \"" + id + "\", " + title(operation));
            include(filled, cross.source);  // its writes are counted
            include(transformed, cross.target);
        }
        for (auto const& transform : effect.transforms) {
            check(transform, "Migration \"" + id + "\", " + title(operation));
            include(transformed, transform.table);
        }
        for (auto const& rule : effect.rules) {
            compiled.rules.push_back(physical_rule(rule));
            check(compiled.rules.back(), "Migration \"" + id + "\", " + title(operation));
        }
        compiled.has_filled_steps = compiled.has_filled_steps || !effect.filled.empty();
        compiled.removes = compiled.removes || takes_away(effect);
        effects.push_back(std::move(effect));
    }
    // Also where this migration adds no pair: triggers that it makes, or that were held to the columns of before, get the right list.
    for (auto const& table : synced_tables(effects)) {
        if (!sqlite::inspect_table(clone_.connection, table)) continue;
        unsync(compiled.steps, table, id);
        sync(compiled.steps, table, id);
    }
    for (auto const& table : filled) {
        compiled.fills.push_back(table.text());
        compiled.counters.push_back({legacy_id(plan_.name(), id, table.text()), table.text()});
    }
    for (auto const& table : transformed) {
        if (std::find(filled.begin(), filled.end(), table) == filled.end()) compiled.fills.push_back(table.text());
    }
    bool const raw =
        std::any_of(effects.begin(), effects.end(), [](Effect const& effect) { return is_raw(effect.expand); });
    if (raw) warn_of_broken(compiled);
    effects_[position] = std::move(effects);
    check_invariants();
    ++standing_.expanded;
    return compiled;
}

bool Compiler::is_put_off(Effect const& effect, Change const& change) {
    if (effect.lock != Lock::online || !can_wait(effect, change) || online_ == Online::at_once) return false;
    auto const index = std::get<MakeIndex>(resolved(change)).index;
    // A build that has begun goes on, whatever the table's size is now.
    sqlite::Value const holder = sqlite::holder_name(index.name);
    return online_ == Online::put_off || sqlite::index_estimate(rows_of(index.table.text())) > budget_ ||
           clone_.connection.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1",
                                     {&holder, 1}) != 0;
}

std::vector<sqlite::IndexLayout> Compiler::online(std::size_t position) {
    std::vector<sqlite::IndexLayout> layouts;
    for (auto const& effect : effects_of(position)) {
        for (auto const* changes : {&effect.filled, &effect.expand}) {
            for (auto const& change : *changes) {
                auto const* made = std::get_if<MakeIndex>(&change);
                if (made == nullptr || physical().find_index(made->index.name) != nullptr) continue;
                if (is_put_off(effect, change))
                    layouts.push_back(
                        sqlite::index_layout(clone_.connection, std::get<MakeIndex>(resolved(change)).index));
            }
        }
    }
    return layouts;
}

Compiled Compiler::filled(std::size_t position) {
    Compiled compiled{.position = position};
    for (auto const& effect : effects_of(position)) {
        for (auto const* changes : {&effect.filled, &effect.expand}) {
            for (auto const& change : *changes) {
                auto const* index = std::get_if<MakeIndex>(&change);
                if (index == nullptr || physical().find_index(index->index.name) != nullptr) continue;
                if (!is_put_off(effect, change)) {
                    render(compiled.steps, change, effect.lock, id_of(position), can_wait(effect, change));
                    continue;
                }
                auto const layout =
                    sqlite::index_layout(clone_.connection, std::get<MakeIndex>(resolved(change)).index);
                Step step{.migration = {},
                          .what = "build index " + layout.index.name.text() + " in small batches",
                          .sql = sqlite::discard_build(clone_.connection, layout.index.name),
                          .rows = rows_of(layout.index.table.text()),
                          .estimate = online_batch};
                for (auto& sql : sqlite::begin_build(layout)) step.sql.push_back(std::move(sql));
                for (auto& sql : sqlite::adopt(layout)) step.sql.push_back(std::move(sql));
                run(compiled.steps, std::move(step), id_of(position));
            }
        }
    }
    return compiled;
}

std::vector<ChangedDefault> Compiler::changed_defaults(std::vector<Effect> const& effects) const {
    std::vector<ChangedDefault> all;
    for (auto const& effect : effects) {
        for (auto const& change : effect.contract) {
            auto const* const declared = std::get_if<DeclareColumn>(&change);
            if (declared == nullptr) continue;
            ChangedDefault one{at(declared->table), Name{base_of(declared->table, declared->column.name)}, "NULL"};
            auto const table = sqlite::inspect_table(clone_.connection, one.table);
            auto const* const column = table ? table->find(one.column) : nullptr;
            // One that this migration has made is NULL in rows that nothing has filled.
            if (column == nullptr || column->default_value == declared->column.default_value) continue;
            if (column->default_value) one.before = column->default_value->text(Engine::sqlite);
            bool const known = std::ranges::any_of(
                all, [&](ChangedDefault const& it) { return it.table == one.table && it.column == one.column; });
            if (!known) all.push_back(std::move(one));
        }
    }
    return all;
}

Compiled Compiler::contract() {
    way_out_ =
        "nothing was removed: change or drop what uses it (by a RawSql with .contract, or by hand), then call "
        "contract() again";
    auto const position = standing_.contracted;
    auto const& id = id_of(position);
    auto const effects = effects_of(position);
    Compiled compiled{.position = position, .removes = removes(position)};
    auto touched = synced_tables(effects);
    if (compiled.removes) unsync(compiled.steps, touched, id);
    compiled.defaults = changed_defaults(effects);
    forget(position);
    // From here on the tables get their new names, one after the other, as the operations do.
    forget_moves(position);
    auto const rebuilds = begin_rebuilds(compiled, effects);
    std::vector<Name> in_place;
    for (auto const& effect : effects) {
        for (auto const& change : effect.contract) {
            auto const physical = physical_change(change, effect.lock);
            auto const* rebuild = rebuilds.of(physical.table);
            if (rebuild != nullptr && std::find(in_place.begin(), in_place.end(), physical.table) == in_place.end()) {
                finish_rebuild(compiled.steps, *rebuild, id);
                in_place.push_back(physical.table);
            }
            if (rebuilds.holds(physical)) continue;
            auto const* settled = std::get_if<SettleAlias>(&change);
            // Later names of the same column stand on this one: they are taken away and put back, which touches no row.
            std::vector<Pair> later;
            if (settled != nullptr) {
                std::string base = settled->alias.text();
                for (auto const& open : open_) {
                    if (open.pair.kind != PairKind::alias || !(at(open.pair.table) == at(settled->table)) ||
                        !(open.pair.from.front() == Name{base}))
                        continue;
                    later.push_back(open.pair);
                    base = open.pair.to.front().name.text();
                }
            }
            for (auto pair = later.rbegin(); pair != later.rend(); ++pair) {
                render(compiled.steps, RemoveAlias{pair->table, pair->to.front().name}, effect.lock, id);
            }
            if (is_code(change)) resync(compiled.steps, touched, id);
            render(compiled.steps, change, effect.lock, id);
            if (is_code(change)) unsync(compiled.steps, touched, id);
            for (auto const& pair : later) {
                render(compiled.steps, MakeAlias{pair.table, pair.from.front(), pair.to.front().name}, effect.lock, id);
            }
        }
        for (auto const& move : effect.moves) std::replace(touched.begin(), touched.end(), move.from, move.to);
    }
    if (compiled.removes) resync(compiled.steps, touched, id);
    for (auto const& invariant : plan_.migrations()[position].invariants)
        check_invariant(clone_.connection, id, invariant, invariant.after.value_or(invariant.before));
    ++standing_.contracted;
    return compiled;
}

Compiled Compiler::undo() {
    way_out_ = "nothing was changed: change or drop what stands in the way by hand, then call rollback() again";
    auto const position = standing_.expanded - 1;
    auto const& id = id_of(position);
    auto const effects = effects_of(position);
    Compiled compiled{.position = position};
    auto const touched = synced_tables(effects);
    unsync(compiled.steps, touched, id);
    for (auto const& table : tables_of(effects)) {
        if (!sqlite::inspect_table(clone_.connection, sqlite::shadow_of(table))) continue;
        run(compiled.steps,
            Step{.migration = {},
                 .what = "give up the rebuild of table " + table.text(),
                 .sql = sqlite::give_up(clone_.connection, table, sqlite::free_trash(clone_.connection))},
            id);
    }
    forget(position);
    for (auto effect = effects.rbegin(); effect != effects.rend(); ++effect) {
        if (std::string const words{own_words(*effect)}; !words.empty() && effect->undo.empty()) {
            throw PlanError{Failure{
                .what = "Migration \"" + id + "\" cannot be rolled back: its " + words + " says no way back.",
                .object = id,
                .instead =
                    "give the " + words + " an .undo before it is applied; now, go forward with a new migration"}};
        }
        for (auto const& change : effect->undo) {
            if (is_code(change)) resync(compiled.steps, touched, id);
            auto const* removed = std::get_if<RemoveIndex>(&change);
            auto stop = removed != nullptr && effect->lock == Lock::online
                            ? sqlite::discard_build(clone_.connection, removed->index)
                            : std::vector<std::string>{};
            if (!stop.empty())
                run(compiled.steps,
                    Step{.migration = {},
                         .what = "stop building index " + removed->index.text(),
                         .sql = std::move(stop)},
                    id);
            render(compiled.steps, change, effect->lock, id);
            if (is_code(change)) unsync(compiled.steps, touched, id);
        }
        for (auto const& cross : effect->crossings) {
            if (!cross.makes_rows) continue;
            compiled.warnings.push_back("the rows that migration \"" + id + "\" has made in " + cross.target.text() +
                                        " stay");
        }
        for (auto const& transform : effect->transforms) {
            compiled.warnings.push_back("the values that migration \"" + id + "\" has filled into " +
                                        transform.table.text() + " stay");
        }
    }
    forget_moves(position);
    resync(compiled.steps, touched, id);
    --standing_.expanded;
    return compiled;
}

std::vector<std::string> Compiler::triggers_on(Name const& table) const {
    std::vector<std::string> names;
    auto triggers = clone_.connection.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE ORDER BY name");
    triggers.bind(1, std::string_view{table.text()});
    while (triggers.step()) names.push_back(triggers.text(0));
    return names;
}

Mend Compiler::mend() {
    Mend mend;
    std::vector<Name> tables;
    for (auto const& open : open_) {
        if (open.pair.kind == PairKind::computed) include(tables, at(open.pair.table));
    }
    for (auto const& kept : kept_) include(tables, at(kept.column.table));
    for (auto const& open : crossings_) {
        include(tables, at(open.pair.source));
        include(tables, at(open.pair.target));
    }
    for (auto const& table : tables) {
        // What should be there is what sync would make now: it is made anew, and forgotten where nothing was missing.
        clone_.connection.run("SAVEPOINT evolver_mend");
        auto const before = triggers_on(table);
        std::vector<Step> steps;
        unsync(steps, table, id_of(standing_.expanded - 1));
        sync(steps, table, id_of(standing_.expanded - 1));
        auto const after = triggers_on(table);
        auto const missing = mend.missing.size();
        std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(mend.missing));
        if (mend.missing.size() == missing) {
            clone_.connection.run("ROLLBACK TO evolver_mend");
        } else {
            mend.steps.insert(mend.steps.end(), steps.begin(), steps.end());
        }
        clone_.connection.run("RELEASE evolver_mend");
    }
    return mend;
}

std::optional<Schema> expected_schema(Plan const& plan, Standing standing) {
    auto const nothing = sqlite::Connection::in_memory();
    try {
        Compiler compiler{plan, {}, nothing};
        compiler.put_off_online();  // may be there, or not yet
        // A newer release may have gone further than this plan knows.
        standing.expanded = std::min(standing.expanded, plan.migrations().size());
        standing.contracted = std::min(standing.contracted, standing.expanded);
        while (compiler.standing().expanded < standing.expanded) {
            auto const compiled = compiler.expand();
            if (compiled.has_filled_steps && compiled.position < standing.contracted)
                (void)compiler.filled(compiled.position);
        }
        while (compiler.standing().contracted < standing.contracted) (void)compiler.contract();
        return compiler.physical();
    } catch (PlanError const&) {
        return std::nullopt;  // the plan builds on tables that it did not make
    }
}

}  // namespace evolver
