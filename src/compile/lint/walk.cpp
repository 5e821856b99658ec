#include "compile/lint/walk.hpp"

#include "compile/lint/judge.hpp"
#include "compile/lint/raw_texts.hpp"
#include "compile/lint/refusals.hpp"
#include "compile/replay.hpp"
#include "dialect/sqlite/clone.hpp"
#include "dialect/sqlite/fill_sql.hpp"
#include "dialect/sqlite/functions.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/row_facts.hpp"
#include "dialect/sqlite/samples.hpp"
#include "dialect/sqlite/script_trial.hpp"
#include "dialect/sqlite/statement_fault.hpp"
#include "evolver/dialect/engine_error.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <utility>

namespace evolver::lint_rules {

namespace {

using sqlite::Connection;
using sqlite::Extent;

/// Up to which size a database is tried with all its rows, where samples of them have failed.
constexpr std::int64_t small_bytes = std::int64_t{32} << 20U;

/// The plan as expand() and contract() would run it.
struct Rehearsal {
    std::map<std::size_t, std::vector<Step>> steps = {};
    Refusals refusals = {};

    Rehearsal(Plan const& plan, Standing standing, Connection const& base, std::chrono::milliseconds budget) {
        auto position = standing.expanded;
        auto* words = &refusals.expand;
        try {
            Compiler compiler{plan, standing, base, budget};
            for (; position < plan.migrations().size(); ++position) {
                auto const compiled = compiler.expand();
                add(position, compiled);
                if (compiled.has_filled_steps) add(position, compiler.filled(position));
            }
            words = &refusals.contract;
            for (position = standing.contracted; position < plan.migrations().size(); ++position)
                add(position, compiler.contract());
        } catch (Error const& error) {
            (*words)[position] = in_one_sentence(error);
        }
    }

private:
    void add(std::size_t position, Compiled const& compiled) {
        auto& all = steps[position];
        all.insert(all.end(), compiled.steps.begin(), compiled.steps.end());
    }
};

/// A small database that goes through the plan, and is gone afterwards.
class Trial {
public:
    /// `made_up`: nobody has rows to sample.
    Trial(Plan const& plan, Standing standing, Connection const& base, bool made_up, Extent extent)
        : database_{sqlite::sample_database(base, extent)}, made_up_{made_up} {
        sampled_ = !made_up && lacks_rows(base);
        database_.run("PRAGMA foreign_keys = OFF");
        database_.refuse_quoted_strings();
        sqlite::add_functions(database_, plan);
        if (standing.contracted < standing.expanded) open_.emplace(sqlite::copy_database(database_));
        try {
            finish_open(plan, standing);
        } catch (Error const&) {
            stuck_ = true;  // expand() says why
        }
    }

    /// Takes one operation from expand to contract, and says what it did.
    void go(Migration const& migration, Operation const& operation, Case& seen) {
        if (made_up_) sqlite::make_up_rows(database_);
        seen.before = seen.after = sqlite::inspect(database_);
        learn_effect(operation, seen);
        if (stuck_) return;
        if (auto const* raw = std::get_if<RawSql>(&operation)) {
            run_raw(migration, *raw, seen);
            return;
        }
        Plan const alone{"lint",
                         {Migration{.id = migration.id, .release = migration.release, .operations = {operation}}}};
        auto const before = sqlite::copy_database(database_);
        if (!attempt(alone, seen)) {
            // Between its phases: rows may be what stands in the way, and what comes after it is not to be silent.
            sqlite::copy_into(before, database_);
            database_.enable_triggers(true);
            take_rows(database_);
            seen.broken.clear();
            seen.changed_views.clear();
            seen.misfits.clear();
            (void)attempt(alone, seen);
        }
    }

    /// What the contract text of an operation that is expanded already would do.
    void look_ahead(Operation const& operation, Case& seen) const {
        auto const* const raw = std::get_if<RawSql>(&operation);
        if (raw == nullptr || !raw->contract) return;
        RawFacts facts;
        RawSql const last{.contract = raw->contract, .verify = raw->verify};
        auto texts = tried(*open_, last);
        auto const rowless = sqlite::copy_database(*open_);
        take_rows(rowless);
        facts.stopped = told(stop_of(texts), texts, tried(rowless, last));
        // That it fails without rows is the rehearsal's to tell, which takes contracts in their order.
        if (facts.stopped && !facts.stopped->on_rows) facts.stopped.reset();
        facts.contract = std::move(texts.contract);
        seen.raw = std::move(facts);
    }

private:
    static Texts tried(Connection const& database, RawSql const& raw) {
        auto const scratch = sqlite::copy_database(database);
        begin(scratch);
        sqlite::StandIns stand_ins{scratch, {}};
        Texts texts;
        if (raw.expand) texts.expand = sqlite::try_script(scratch, raw.expand->text(Engine::sqlite), stand_ins);
        if (raw.contract && !failed(texts.expand)) {
            if (raw.verify) {
                try {
                    stand_ins.retry([&] { texts.refused = scratch.prepare(raw.verify->text(Engine::sqlite)).step(); });
                } catch (EngineError const& error) {
                    if (!sqlite::is_the_statements_fault(error)) throw;
                    texts.refused = false;  // the rehearsal has the words
                }
            }
            texts.contract = sqlite::try_script(scratch, raw.contract->text(Engine::sqlite), stand_ins);
        }
        texts.stood_in = !stand_ins.take_met().empty();
        return texts;
    }

    /// The stop, where it is true of the database that is there. `rowless`: the same without rows.
    [[nodiscard]] std::optional<Stop> told(std::optional<Stop> stop, Texts const& texts, Texts const& rowless) const {
        if (!stop) return std::nullopt;
        stop->on_rows = !failed(rowless);
        stop->sampled = sampled_;
        // Rows or values that were made up break what no real one need break; and what is refused does not come to it.
        bool const made_up = stop->on_rows && (made_up_ || texts.stood_in);
        if (made_up || (stop->at_contract && texts.refused)) return std::nullopt;
        return stop;
    }

    static void take_rows(Connection const& database) {
        database.enable_triggers(false);
        for (auto const& table : sqlite::inspect(database).tables)
            database.run("DELETE FROM " + sqlite::quoted(table.name.text()));
        database.enable_triggers(true);
    }

    /// Rows of `source` for tables that have none.
    static void give_rows(Connection const& source, Connection const& database) {
        for (auto const& table : sqlite::inspect(database).tables) {
            try {
                sqlite::sample_rows(source, database, table.name);
            } catch (EngineError const& error) {
                if (!sqlite::is_the_statements_fault(error)) throw;
                // They do not fit any more: it stays empty.
            }
        }
    }

    [[nodiscard]] bool lacks_rows(Connection const& base) const {
        auto const tables = sqlite::inspect(database_).tables;
        return std::any_of(tables.begin(), tables.end(), [&](Table const& table) {
            auto const name = "main." + sqlite::quoted(table.name.text());
            return base.integer("SELECT EXISTS (SELECT 1 FROM " + name + " LIMIT 1 OFFSET " +
                                std::to_string(database_.integer("SELECT count(*) FROM " + name)) + ")") != 0;
        });
    }

    static void begin(Connection const& scratch) {
        scratch.run("PRAGMA foreign_keys = OFF");
        scratch.refuse_quoted_strings();
        scratch.run("BEGIN");
    }

    static void learn_effect(Operation const& operation, Case& seen) {
        try {
            auto known = seen.before;
            auto effect = effect_of(operation, known);
            seen.pairs = std::move(effect.pairs);
            seen.added_rules = std::move(effect.rules);
        } catch (Error const& error) {
            if (!sqlite::is_the_statements_fault(error)) throw;
            // refused: the rehearsal has the words
        }
    }

    void run_raw(Migration const& migration, RawSql const& raw, Case& seen) {
        RawFacts facts;
        try {
            run_raw(migration, raw, seen, facts);
        } catch (Error const& error) {
            facts.stopped = Stop{.words = first_line(error)};
        }
        seen.raw = std::move(facts);
    }

    void run_raw(Migration const& migration, RawSql const& raw, Case& seen, RawFacts& facts) {
        auto const before = sqlite::copy_database(database_);
        auto const replayed = [&](RawSql const& sql) {
            Plan const alone{"lint",
                             {Migration{.id = migration.id, .release = migration.release, .operations = {sql}}}};
            auto result = replay(alone, database_).front();
            // A script that ended the transaction has not left it as it was.
            if (!result.failure.empty()) sqlite::copy_into(before, database_);
            seen.after = sqlite::inspect(database_);
            return result;
        };
        auto texts = tried(database_, raw);
        RawSql up_to{.expand = raw.expand, .contract = raw.contract, .undo = raw.undo, .verify = raw.verify};
        if (raw.expand) up_to.expand = script_of(texts.expand, Engine::sqlite);
        if (raw.contract) up_to.contract = script_of(texts.contract, Engine::sqlite);
        auto const stop = stop_of(texts);
        if (!stop) {
            facts.replayed = replayed(raw);
            // BEGIN and COMMIT have a rule: what stands between them is looked at all the same.
            if (!facts.replayed.failure.empty()) facts.replayed = replayed(up_to);
            if (!facts.replayed.failure.empty()) facts.stopped = Stop{.words = facts.replayed.failure};
        } else {
            auto as_far = replayed(up_to);
            auto schema = std::move(seen.after);
            sqlite::copy_into(before, database_);
            take_rows(database_);
            auto const rowless = tried(database_, raw);
            facts.stopped = told(stop, texts, rowless);
            if (!failed(rowless)) facts.replayed = replayed(raw);
            if (failed(rowless) || !facts.replayed.failure.empty()) {
                sqlite::copy_into(before, database_);
                seen.after = std::move(schema);
                facts.replayed = std::move(as_far);
                facts.replayed.failure = stop->words;
            } else {
                give_rows(before, database_);
                facts.replayed.rows = rows_lost(std::move(as_far));
                texts = joined(std::move(texts), rowless);
            }
        }
        facts.expand = std::move(texts.expand);
        facts.contract = std::move(texts.contract);
    }

    /// False where it has stopped between its phases.
    bool attempt(Plan const& alone, Case& seen) {
        try {
            stuck_ = false;
            run(alone, seen);
            seen.after = sqlite::inspect(database_);
            stuck_ = false;
        } catch (Error const& error) {
            if (!sqlite::is_the_statements_fault(error)) throw;
            // What fails before it has begun leaves the database as it was for the next operation.
        }
        return !stuck_;
    }

    void run(Plan const& alone, Case& seen) {
        auto const statements = sqlite::natural_statements(database_);
        Compiler expanding{alone, {}, database_};
        auto const expanded = expanding.expand();
        auto const table = table_of(alone.migrations().front().operations.front());
        run_on_samples(expanded.steps, table);
        stuck_ = true;  // until contract has led to one shape again
        seen.broken = sqlite::broken(statements, database_);
        note_views(statements, seen);
        fill(alone, 0);
        for (auto const& pair : seen.pairs) {
            if (pair.kind != PairKind::computed) continue;
            for (auto const& column : pair.to) {
                auto const rows = sqlite::count_misfits(database_, pair.table, column);
                if (rows.value_or(0) > 0) seen.misfits.push_back({pair.table, column, *rows});
            }
        }
        drop_broken(expanded.rules);
        contract(alone, {0, 1}, table);
    }

    void note_views(std::vector<NaturalStatement> const& before, Case& seen) {
        auto const after = sqlite::natural_statements(database_);
        for (auto const& statement : before) {
            if (!statement.reads || !statement.object.starts_with("view ")) continue;
            auto const now = std::find_if(after.begin(), after.end(), [&](NaturalStatement const& other) {
                return other.reads && other.object == statement.object;
            });
            if (now != after.end() && now->sql != statement.sql)
                seen.changed_views.push_back({statement.table, statement.sql, now->sql});
        }
    }

    /// What is expanded in the live database is finished here, so that every operation starts from one shape.
    void finish_open(Plan const& plan, Standing standing) {
        for (auto position = standing.contracted; position < standing.expanded; ++position)
            fill(plan, position, standing);
        while (standing.contracted < standing.expanded) {
            contract(plan, standing, {});
            ++standing.contracted;
        }
    }

    void fill(Plan const& plan, std::size_t position, Standing standing = {0, 1}) {
        Compiler compiler{plan, standing, database_};
        std::map<std::string, std::vector<sqlite::PhysicalPair>> by_table;
        for (auto const& open : compiler.pairs(position)) by_table[open.pair.table.text()].push_back(open.pair);
        database_.enable_triggers(false);
        for (auto const& [table, pairs] : by_table)
            database_.run(
                sqlite::fill(Name{table}, sqlite::row_key(database_, Name{table}), pairs, sqlite::Range::all));
        for (auto const& open : compiler.crossings(position)) {
            if (open.pair.pair.makes_rows) database_.run(sqlite::make_missing(open.pair, sqlite::Range::all));
        }
        for (auto const& open : compiler.transforms(position))
            database_.run(sqlite::transform(open.transform, sqlite::row_key(database_, open.transform.table),
                                            sqlite::Range::all));
        database_.enable_triggers(true);
        compiler.make_online_at_once();
        run_on_samples(compiler.filled(position).steps, {});
    }

    void drop_broken(std::vector<sqlite::PhysicalRule> const& rules) {
        database_.enable_triggers(false);
        for (auto const& rule : rules)
            database_.run("DELETE FROM " + sqlite::quoted(rule.rule.table.text()) + " WHERE " + sqlite::broken(rule));
        database_.enable_triggers(true);
    }

    void contract(Plan const& plan, Standing standing, std::string const& table) {
        try {
            Compiler compiler{plan, standing, database_};
            run_on_samples(compiler.contract().steps, table);
        } catch (PlanError const&) {
            // Views or triggers stand in the way, which the rehearsal tells; without them it goes on.
            for (auto const& view : sqlite::inspect(database_).views)
                database_.run("DROP VIEW " + sqlite::quoted(view.name.text()));
            for (auto const& trigger : sqlite::inspect(database_).triggers)
                database_.run("DROP TRIGGER " + sqlite::quoted(trigger.name.text()));
            Compiler compiler{plan, standing, database_};
            run_on_samples(compiler.contract().steps, table);
        }
    }

    /// Where a row stands in the way, which a rule tells from the live rows, the table goes on without rows.
    void run_on_samples(std::vector<Step> const& steps, std::string const& table) {
        for (bool again = false;; again = true) {
            database_.run("BEGIN");
            try {
                for (auto const& step : steps) {
                    for (auto const& sql : step.sql) database_.run(sql);
                }
                database_.run("COMMIT");
                return;
            } catch (EngineError const& error) {
                if (!sqlite::is_the_statements_fault(error)) throw;
                if (database_.in_transaction()) database_.run("ROLLBACK");
                if (again || table.empty() || !sqlite::inspect_table(database_, Name{table})) throw;
                database_.enable_triggers(false);
                database_.run("DELETE FROM " + sqlite::quoted(table));
                database_.enable_triggers(true);
            }
        }
    }

    Connection database_;
    std::optional<Connection> open_ = {};  ///< Before open migrations were finished.
    bool made_up_;
    bool sampled_ = false;  ///< The live database has more rows.
    bool stuck_ = false;    ///< What comes is judged over the schema as it is.
};

std::vector<Case> walked(Plan const& plan, Standing standing, Live const* live, Extent extent) {
    standing.expanded = std::min(standing.expanded, plan.migrations().size());
    standing.contracted = std::min(standing.contracted, standing.expanded);
    auto const nothing = Connection::in_memory();
    auto const& base = live == nullptr ? nothing : *live->sqlite->connection;
    Rehearsal const free{plan, standing, base, std::chrono::hours{1000}};
    Rehearsal const bounded{plan, standing, base, std::chrono::milliseconds{50}};

    std::vector<Case> cases{Case{.live = live}};
    Trial trial{plan, standing, base, live == nullptr, extent};
    for (auto position = standing.contracted; position < plan.migrations().size(); ++position) {
        auto const& migration = plan.migrations()[position];
        bool const expanded = position < standing.expanded;
        auto whole = migration_case(plan, position, free.refusals, expanded, live);
        whole.refused_by_budget =
            found_in(bounded.refusals.expand, position) + found_in(bounded.refusals.contract, position);
        if (!whole.refused.empty() || !whole.contract_refused.empty()) whole.refused_by_budget.clear();
        auto const steps = bounded.steps.find(position);
        if (steps != bounded.steps.end()) whole.steps = steps->second;
        cases.push_back(std::move(whole));
        std::vector<Name> made;
        for (auto const& operation : migration.operations) {
            Case seen{
                .migration = &migration, .operation = &operation, .expanded = expanded, .live = live, .made = made};
            if (expanded) {
                seen.before = seen.after = sqlite::inspect(base);
                trial.look_ahead(operation, seen);
            } else {
                trial.go(migration, operation, seen);
            }
            forget_refused(free.refusals, position, seen);
            for (auto const& table : seen.after.tables) {
                if (seen.before.find_table(table.name) == nullptr) made.push_back(table.name);
            }
            cases.push_back(std::move(seen));
        }
    }
    return cases;
}

}  // namespace

Live facts_of(Connection const& connection) {
    SqliteFacts facts{.connection = &connection,
                      .engine = sqlite::engine_version(),
                      .bytes = connection.integer("PRAGMA page_count") * connection.integer("PRAGMA page_size"),
                      .free_bytes = -1,
                      .wait = connection.integer("PRAGMA busy_timeout"),
                      .foreign_keys = connection.integer("PRAGMA foreign_keys") != 0};
    auto const path = connection.path();
    facts.in_memory = path.empty();
    std::error_code error;
    auto const space = std::filesystem::space(std::filesystem::path{path}.parent_path(), error);
    if (!facts.in_memory && !error) facts.free_bytes = static_cast<std::int64_t>(space.available);
    return {.rows = std::make_shared<sqlite::RowFacts>(connection), .sqlite = facts};
}

std::vector<Case> cases_of(Plan const& plan, Standing standing, Live const* live) {
    auto cases = walked(plan, standing, live, Extent::samples);
    bool const doubtful = std::any_of(cases.begin(), cases.end(), [](Case const& seen) {
        return seen.raw && seen.raw->stopped && seen.raw->stopped->on_rows && seen.raw->stopped->sampled;
    });
    if (doubtful && live->sqlite->bytes <= small_bytes) cases = walked(plan, standing, live, Extent::all);
    return cases;
}

std::vector<Finding> lint(Plan const& plan, Standing standing, Live const& live) {
    return judged(plan, standing.contracted, cases_of(plan, standing, &live));
}

}  // namespace evolver::lint_rules
