#include "execute/postgresql/expand.hpp"

#include "compile/broken_releases.hpp"
#include "dialect/postgresql/inspect.hpp"
#include "dialect/postgresql/natural_statements.hpp"
#include "dialect/postgresql/proof.hpp"
#include "dialect/postgresql/render.hpp"
#include "dialect/postgresql/sync.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "execute/postgresql/invariants.hpp"
#include "execute/postgresql/rules.hpp"
#include "execute/workplace.hpp"
#include "ledger/postgresql/instances.hpp"
#include "ledger/postgresql/ledger.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace evolver::postgresql {

namespace {

[[noreturn]] void refuse(Plan const& plan, std::size_t position, std::string const& what, EngineError const* error) {
    auto const& id = plan.migrations()[position].id.text();
    throw PlanError{Failure{.what = "Migration \"" + id + "\": " + what,
                            .object = id,
                            .instead = "nothing was written: mend the migration, then call again",
                            .native_code = error == nullptr ? 0 : error->native_code()}};
}

/// What LIKE leaves out: the names of indexes, which it chooses anew, and foreign keys to tables that were copied, too.
void copy_names(Connection const& connection, Schema const& real, std::vector<Name> const& tables,
                std::string const& schema, std::string const& rehearsal) {
    for (auto const& name : tables) {
        for (auto const& rename : rename_copied_indexes(connection, rehearsal, schema, name)) connection.run(rename);
        for (auto const& key : real.find_table(name)->foreign_keys) {
            if (std::ranges::find(tables, key.table) == tables.end()) continue;
            connection.run("ALTER TABLE " + in_schema(rehearsal, name.text()) + " ADD CONSTRAINT " + quoted(key.name) +
                           " FOREIGN KEY " + foreign_key_words(rehearsal, key));
        }
    }
}

/// Rules that were tried on empty tables, for those that have rows.
struct TriedRules {
    std::string migration;
    std::vector<PhysicalRule> rules;
};

/// What the plan has yet to make has no rows.
TriedRules over_rows(std::string migration, std::vector<PhysicalRule> rules, Schema const& real,
                     std::string const& schema) {
    std::erase_if(rules, [&](PhysicalRule const& rule) { return !is_there(rule.rule, real); });
    for (auto& rule : rules) rule.schema = schema;
    return {std::move(migration), std::move(rules)};
}

/// What the operation makes anew.
std::optional<std::pair<Name, Wanted>> made_by(Operation const& operation) {
    if (auto const* one = std::get_if<CreateTable>(&operation)) return {{one->table, Wanted::relation}};
    if (auto const* one = std::get_if<RenameTable>(&operation)) return {{one->to, Wanted::relation}};
    if (auto const* one = std::get_if<CreateView>(&operation)) return {{one->name, Wanted::relation}};
    if (auto const* one = std::get_if<CreateIndex>(&operation)) return {{one->name, Wanted::index}};
    if (auto const* one = std::get_if<AddUnique>(&operation)) return {{one->name, Wanted::index}};
    return std::nullopt;
}

/// A name that something has which the plan knows nothing of, so that the rehearsal has not met it: an index would be missed only once its rows are filled.
/// SQL of the application's may have freed it before.
void refuse_taken_names(Plan const& plan, std::size_t position, Connection const& connection,
                        std::string const& schema) {
    for (auto const& operation : plan.migrations()[position].operations) {
        auto const made = made_by(operation);
        auto const holder = made ? holder_of_name(connection, schema, made->first, made->second) : std::string{};
        if (!holder.empty())
            refuse(plan, position,
                   title(operation) + ": \"" + made->first.text() + "\" is the name of " + holder + " already.",
                   nullptr);
    }
}

bool runs_sql(Migration const& migration) {
    return std::ranges::any_of(migration.operations, [](Operation const& operation) {
        auto const* const sql = std::get_if<RawSql>(&operation);
        return sql != nullptr && sql->expand;
    });
}

/// What SQL in the application's own words breaks of what a program of the schema may do. Operations break nothing at expand.
class Watch {
public:
    /// In the transaction that the connection is in. Where no SQL is pending, nothing is looked at: to look takes a reader's lock on every table.
    Watch(Plan const& plan, std::size_t first, Connection const& connection, std::string const& schema)
        : connection_{connection} {
        auto const& migrations = plan.migrations();
        if (std::any_of(migrations.begin() + static_cast<std::ptrdiff_t>(first), migrations.end(), runs_sql))
            statements_ = natural_statements(connection, schema);
    }

    /// What the migration, which has just been tried, has broken: each is told once.
    void see(Migration const& migration, std::vector<std::string>& warnings) {
        if (!runs_sql(migration)) return;
        auto const found = broken(statements_, connection_);
        if (found.empty()) return;
        for (auto const& statement : found)
            std::erase_if(statements_, [&](NaturalStatement const& other) { return other.sql == statement.sql; });
        warnings.push_back(warning_of(found, migration.id.text()));
    }

private:
    Connection const& connection_;
    std::vector<NaturalStatement> statements_ = {};
};

/// What is asked around expand has to work before its steps and behind them.
void check_invariants(Connection const& connection, Migration const& migration) {
    for (auto const& invariant : migration.invariants)
        check_invariant(connection, migration, invariant, invariant.before);
}

/// What is asked behind contract's steps can still be corrected.
void warn_of_late_queries(Connection const& connection, Migration const& migration,
                          std::vector<std::string>& warnings) {
    for (auto const& invariant : migration.invariants) {
        try {
            check_invariant(connection, migration, invariant, invariant.after.value_or(invariant.before));
        } catch (PlanError const& error) {
            std::string const words = error.what();
            warnings.push_back("contract would fail: " + words.substr(0, words.find('\n')));
        }
    }
}

/// Everything that is pending, on empty tables in a schema of its own, which nobody else sees and which goes with the transaction. Others' tables are only
/// looked at. Returns the rules, which are left to be held against rows: that takes as long as it takes, and nobody waits for it.
std::vector<TriedRules> try_pending(Site const& site, Report& report) {
    std::vector<TriedRules> tried;
    auto const& connection = site.connection();
    auto const& plan = site.plan();
    Transaction const never_committed{connection, site.options().lock_timeout};
    if (ledger::exists(connection)) ledger::hold_still(connection, plan.name());
    auto const state = site.state();
    auto const real = inspect(connection, site.schema());
    refuse_drift(site, state, real);
    auto standing = standing_of(state);
    auto const schema = "evolver_rehearsal_" + connection.text("SELECT pg_backend_pid()");
    auto const path = connection.text("SELECT current_setting('search_path')");
    connection.run("CREATE SCHEMA " + quoted(schema));
    bool const from_the_start = standing.contracted == standing.expanded;
    Blueprint const there{plan, standing, connection, site.schema()};
    for (auto const& table : there.tables()) connection.run(like_table(schema, site.schema(), table));
    for (auto const& view : there.views()) connection.run(like_view(schema, site.schema(), view));
    connection.run("SET LOCAL search_path = " + quoted(schema) + ", " + path);
    copy_names(connection, real, there.tables(), site.schema(), schema);
    auto position = standing.expanded;
    Watch watch{plan, position, connection, site.schema()};
    try {
        bool may_be_freed = false;
        for (; position < plan.migrations().size(); ++position) {
            standing.expanded = position;
            may_be_freed = may_be_freed || runs_sql(plan.migrations()[position]);
            auto const compiled = Blueprint{plan, standing, connection, schema}.expand();
            for (auto const& counter : compiled.counters)
                connection.run("CREATE SEQUENCE " + in_schema(schema, counter_name(counter.id)));
            check_invariants(connection, plan.migrations()[position]);
            run_steps(compiled.steps, connection, Code::left_out);
            check_invariants(connection, plan.migrations()[position]);
            watch.see(plan.migrations()[position], report.warnings);
            for (auto const& check : compiled.parse_checks) connection.query(check);
            for (std::size_t i = 0; i < compiled.refuse_rows.size(); ++i) {
                if (!connection.query(compiled.refuse_rows[i]).empty())
                    refuse(plan, position, compiled.refusals[i] + ".", nullptr);
            }
            for (auto const& later : compiled.indexes)
                connection.run(make_index(later.index, schema, later.name, Beside::nobody));
            if (!may_be_freed) refuse_taken_names(plan, position, connection, site.schema());
            report.steps.insert(report.steps.end(), compiled.steps.begin(), compiled.steps.end());
            tried.push_back(over_rows(plan.migrations()[position].id.text(), compiled.rules, real, site.schema()));
        }
        if (!from_the_start) return tried;  // what keeps open pairs in step is not copied
        standing.expanded = plan.migrations().size();
        for (; standing.contracted < standing.expanded; ++standing.contracted) {
            position = standing.contracted;
            auto const compiled = Blueprint{plan, standing, connection, schema}.contract();
            for (auto const& later : compiled.proven_indexes)
                connection.run(make_index(later.index, schema, later.name, Beside::nobody));
            for (auto const& proof : compiled.proofs) {
                connection.run(proof.make);
                connection.run(proof.validate);
            }
            run_steps(compiled.steps, connection, Code::left_out);
            warn_of_late_queries(connection, plan.migrations()[position], report.warnings);
        }
    } catch (EngineError const& error) {
        if (error.retry_helps()) throw;
        refuse(plan, position, error.what(), &error);
    }
    return tried;
}

/// One migration, its ledger entry and its row of the trail. False: somebody else has done it meanwhile.
bool commit_expand(Site& site, std::size_t position, Report& report) {
    auto const& connection = site.connection();
    auto const& plan = site.plan();
    auto const& migration = plan.migrations()[position];
    bool done = false;
    site.patiently([&] {
        auto const start = std::chrono::steady_clock::now();
        InvariantsAround invariants{site, migration, InvariantsAround::Steps::of_expand};
        Transaction transaction{connection, site.options().lock_timeout};
        // Until all have learned of it, somebody may write the old shape only, and no trigger carries it over: the backfill waits for that. Before
        // the pen, as whoever moves a stage.
        if (migration.sync == Sync::application) raise_epoch(connection, plan.name());
        ledger::take_pen(connection, plan.name());
        auto const standing = standing_of(site.state());
        if (standing.expanded != position) return;
        Blueprint blueprint{plan, standing, connection, site.schema()};
        auto const compiled = blueprint.expand();
        for (auto const& counter : compiled.counters)
            ledger::make_legacy_counter(connection, plan.name(), static_cast<std::int64_t>(position), counter.table,
                                        counter.id);
        invariants.before_steps(connection);
        run_steps(compiled.steps, connection);
        invariants.after_steps(connection);
        ledger::expanded(connection, plan, position, Phase::expanded, Stage::dual,
                         !compiled.fills && compiled.indexes.empty());
        auto const took =
            std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
        site.audit(connection, {.plan = {},
                                .event = "expand",
                                .migration = migration.id.text(),
                                .detail = migration.summary,
                                .duration = took,
                                .steps = in_words(compiled.steps)});
        for (auto const& accepted : migration.accept) {
            if (accepted.reason.empty()) continue;
            site.audit(connection, {.plan = {},
                                    .event = "finding accepted",
                                    .migration = migration.id.text(),
                                    .detail = accepted.rule + " " + accepted.object + ": " + accepted.reason});
        }
        transaction.commit();
        site.count_commit();
        done = true;
        report.warnings.insert(report.warnings.end(), invariants.warnings().begin(), invariants.warnings().end());
        report.steps.insert(report.steps.end(), compiled.steps.begin(), compiled.steps.end());
        site.tell({.kind = EventKind::expanded, .migration = migration.id.text(), .duration = took});
    });
    return done;
}

}  // namespace

Report rehearse(Site& site) {
    Report report{.rehearsed = true};
    site.patiently([&] {
        report = {.rehearsed = true};
        for (auto const& [migration, rules] : try_pending(site, report))
            measure(site.connection(), rules, migration, report.warnings);
    });
    return report;
}

Report expand(Site& site) {
    Report report;
    auto const& plan = site.plan();
    (void)site.look();  // a history that does not fit is told first
    site.patiently([&] {
        auto const state = ledger::read(site.connection(), plan.name());
        // What an older evolver has left out comes with a migration: who expands nothing need not own the ledger.
        bool const pending = state.entries.size() < plan.migrations().size();
        if (state.exists && (!pending || ledger::is_complete(site.connection()))) return;
        ledger::create(site.connection(), plan.name(), site.options().lock_timeout);
        site.count_commit();
    });
    site.patiently([&] { (void)site.lease(); });
    for (;;) {
        auto const standing = standing_of(site.look());
        if (standing.expanded >= plan.migrations().size()) return report;
        report.warnings = rehearse(site).warnings;
        for (auto position = standing.expanded; position < plan.migrations().size(); ++position) {
            if (!commit_expand(site, position, report)) break;  // another process is at work: look again
        }
    }
}

}  // namespace evolver::postgresql
