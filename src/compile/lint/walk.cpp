#include "compile/lint/walk.hpp"

#include "dialect/sqlite/clone.hpp"
#include "dialect/sqlite/fill_sql.hpp"
#include "dialect/sqlite/functions.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/samples.hpp"
#include "evolver/dialect/engine_error.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

namespace evolver::lint_rules {

namespace {

using sqlite::Connection;

/// A message without its last lines: what to do instead has a place of its own in a finding.
std::string first_lines(Error const& error) {
    std::string const words = error.what();
    return error.instead().empty() ? words : words.substr(0, words.find("\n  instead:")) + "; " + error.instead();
}

/// The plan as expand() and contract() would run it.
struct Rehearsal {
    std::map<std::size_t, std::vector<Step>> steps = {};
    std::map<std::size_t, std::string> refused = {};
    std::map<std::size_t, std::string> contract_refused = {};

    Rehearsal(Plan const& plan, Standing standing, Connection const& base, std::chrono::milliseconds budget) {
        auto position = standing.expanded;
        auto* refusals = &refused;
        try {
            Compiler compiler{plan, standing, base, budget};
            for (; position < plan.migrations().size(); ++position) {
                auto const compiled = compiler.expand();
                add(position, compiled);
                if (compiled.has_filled_steps) add(position, compiler.filled(position));
            }
            refusals = &contract_refused;
            for (position = standing.contracted; position < plan.migrations().size(); ++position)
                add(position, compiler.contract());
        } catch (Error const& error) {
            (*refusals)[position] = first_lines(error);
        }
    }

private:
    void add(std::size_t position, Compiled const& compiled) {
        auto& all = steps[position];
        all.insert(all.end(), compiled.steps.begin(), compiled.steps.end());
    }
};

std::string found_in(std::map<std::size_t, std::string> const& words, std::size_t position) {
    auto const found = words.find(position);
    return found == words.end() ? std::string{} : found->second;
}

/// A small database that goes through the plan, and is gone afterwards.
class Trial {
public:
    /// `made_up`: nobody has rows to sample.
    Trial(Plan const& plan, Standing standing, Connection const& base, bool made_up)
        : database_{sqlite::sample_database(base)}, made_up_{made_up} {
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
        try {
            if (auto const* raw = std::get_if<RawSql>(&operation))
                run_raw(migration, *raw, seen);
            else
                run(Plan{"lint",
                         {Migration{.id = migration.id, .release = migration.release, .operations = {operation}}}},
                    seen);
            seen.after = sqlite::inspect(database_);
            stuck_ = false;
        } catch (Error const&) {
            // What fails before it has begun leaves the database as it was for the next operation.
        }
    }

    /// What the contract text of an operation that is expanded already would do.
    void look_ahead(Operation const& operation, Case& seen) const {
        auto const* const raw = std::get_if<RawSql>(&operation);
        if (raw == nullptr || !raw->contract) return;
        RawFacts facts;
        facts.contract = tried(*open_, *raw->contract);
        seen.raw = std::move(facts);
    }

private:
    static std::vector<sqlite::TriedStatement> tried(Connection const& database, Expression const& script) {
        auto const scratch = sqlite::copy_database(database);
        begin(scratch);
        sqlite::StandIns stand_ins{scratch, {}};
        return sqlite::try_script(scratch, script.text(Engine::sqlite), stand_ins);
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
        } catch (Error const&) {
            // refused: the rehearsal has the words
        }
    }

    void run_raw(Migration const& migration, RawSql const& raw, Case& seen) {
        RawFacts facts;
        {
            auto const scratch = sqlite::copy_database(database_);
            begin(scratch);
            sqlite::StandIns stand_ins{scratch, {}};
            if (raw.expand) facts.expand = sqlite::try_script(scratch, raw.expand->text(Engine::sqlite), stand_ins);
            if (raw.contract)
                facts.contract = sqlite::try_script(scratch, raw.contract->text(Engine::sqlite), stand_ins);
        }
        Plan const alone{"lint", {Migration{.id = migration.id, .release = migration.release, .operations = {raw}}}};
        facts.replayed = replay(alone, database_).front();
        seen.raw = std::move(facts);
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

    void note_views(std::vector<sqlite::NaturalStatement> const& before, Case& seen) {
        auto const after = sqlite::natural_statements(database_);
        for (auto const& statement : before) {
            if (!statement.reads || !statement.object.starts_with("view ")) continue;
            auto const now = std::find_if(after.begin(), after.end(), [&](sqlite::NaturalStatement const& other) {
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
            } catch (EngineError const&) {
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
    bool stuck_ = false;  ///< What comes is judged over the schema as it is.
};

bool matches(Acceptance const& accepted, Migration const& migration, Finding const& finding) {
    return finding.rule == accepted.rule && same_identifier(finding.object, accepted.object) &&
           (finding.migration.empty() || finding.migration == migration.id.text());
}

void accept(Plan const& plan, Standing standing, Live const* live, std::vector<Finding>& findings) {
    std::vector<Finding> more;
    for (auto position = standing.contracted; position < plan.migrations().size(); ++position) {
        auto const& migration = plan.migrations()[position];
        Case const seen{.migration = &migration};
        for (auto const& accepted : migration.accept) {
            if (accepted.reason.find_first_not_of(" \t\n") == std::string::npos) {
                Tell{acceptance_without_reason, seen, more}(Severity::warning, accepted.object,
                                                            "the acceptance of " + accepted.rule + " for " +
                                                                accepted.object + " has no reason and accepts nothing",
                                                            ".reason = \"why the hazard is none here\"");
                continue;
            }
            auto const before = findings.size();
            std::erase_if(findings, [&](Finding const& finding) { return matches(accepted, migration, finding); });
            if (findings.size() != before) continue;
            bool const known = find(accepted.rule) != nullptr;
            Tell{unused_acceptance, seen, more}(
                live != nullptr && known ? Severity::info : Severity::warning, accepted.object,
                known ? "nothing of " + accepted.rule + " is found for " + accepted.object
                      : "there is no rule \"" + accepted.rule + "\"",
                "take the acceptance out, or write rule and object as the finding has them");
        }
    }
    findings.insert(findings.end(), more.begin(), more.end());
}

}  // namespace

Live facts_of(Connection const& connection) {
    Live live{.connection = &connection,
              .engine = sqlite::engine_version(),
              .bytes = connection.integer("PRAGMA page_count") * connection.integer("PRAGMA page_size"),
              .free_bytes = -1,
              .wait = connection.integer("PRAGMA busy_timeout"),
              .foreign_keys = connection.integer("PRAGMA foreign_keys") != 0};
    auto const path = connection.path();
    live.in_memory = path.empty();
    std::error_code error;
    auto const space = std::filesystem::space(std::filesystem::path{path}.parent_path(), error);
    if (!live.in_memory && !error) live.free_bytes = static_cast<std::int64_t>(space.available);
    return live;
}

std::vector<Case> cases_of(Plan const& plan, Standing standing, Live const* live) {
    standing.expanded = std::min(standing.expanded, plan.migrations().size());
    standing.contracted = std::min(standing.contracted, standing.expanded);
    auto const nothing = Connection::in_memory();
    auto const& base = live == nullptr ? nothing : *live->connection;
    Rehearsal const free{plan, standing, base, std::chrono::hours{1000}};
    Rehearsal const bounded{plan, standing, base, std::chrono::milliseconds{50}};

    std::vector<Case> cases{Case{.live = live}};
    Trial trial{plan, standing, base, live == nullptr};
    for (auto position = standing.contracted; position < plan.migrations().size(); ++position) {
        auto const& migration = plan.migrations()[position];
        bool const expanded = position < standing.expanded;
        Case whole{.migration = &migration, .expanded = expanded, .live = live};
        whole.refused = found_in(free.refused, position);
        if (auto const& due = migration.contract.remove_after_release) {
            auto const releases = plan.releases();
            whole.releases_since_due =
                static_cast<std::size_t>(releases.end() - std::find(releases.begin(), releases.end(), *due));
        }
        whole.contract_refused = found_in(free.contract_refused, position);
        whole.refused_by_budget = found_in(bounded.refused, position) + found_in(bounded.contract_refused, position);
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
            for (auto const& table : seen.after.tables) {
                if (seen.before.find_table(table.name) == nullptr) made.push_back(table.name);
            }
            cases.push_back(std::move(seen));
        }
    }
    return cases;
}

std::vector<Finding> judged(Plan const& plan, Standing standing, std::vector<Case> const& cases) {
    std::vector<Finding> findings;
    for (auto const& seen : cases) {
        for (auto const* rule : all()) {
            if (rule->judge != nullptr) rule->judge(seen, Tell{*rule, seen, findings});
        }
    }
    accept(plan, standing, cases.front().live, findings);
    std::stable_sort(findings.begin(), findings.end(),
                     [](Finding const& left, Finding const& right) { return left.severity < right.severity; });
    return findings;
}

std::vector<Finding> lint(Plan const& plan, Standing standing, Live const& live) {
    return judged(plan, standing, cases_of(plan, standing, &live));
}

}  // namespace evolver::lint_rules
