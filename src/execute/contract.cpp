#include "execute/contract.hpp"

#include "dialect/sqlite/fill_sql.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "execute/batch_loop.hpp"
#include "execute/comparison.hpp"
#include "execute/deadline.hpp"
#include "execute/invariants.hpp"
#include "execute/judge.hpp"
#include "execute/moved_losses.hpp"
#include "execute/rebuild.hpp"
#include "execute/rules.hpp"
#include "execute/standstill.hpp"
#include "execute/sweep.hpp"
#include "execute/transform_run.hpp"
#include "execute/violation_words.hpp"
#include "fleet/processes.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>

namespace evolver {

namespace {

using Clock = std::chrono::steady_clock;

/// Not among the gates that are judged under the lock: there the step itself looks.
Gate rules_gate(sqlite::Connection const& connection, Compiler const& compiler, ledger::Entry const& entry) {
    Gate gate{.name = "rules", .migration = entry.id, .open = true, .reason = {}};
    for (auto const& rule : compiler.rules(static_cast<std::size_t>(entry.position))) {
        if (!mends(rule.rule)) judge(gate, rule.rule, violations(connection, rule));
    }
    return gate;
}

void refuse_unfinished(ledger::State const& state, Plan const& plan) {
    if (state.entries.size() == plan.migrations().size()) return;
    bool const older = state.entries.size() > plan.migrations().size();
    throw HistoryError{Failure{.what = older ? "The database has been expanded by a newer release (\"" +
                                                   state.entries.back().id + "\"), which this plan does not know."
                                             : "The plan is not expanded: its migration \"" +
                                                   plan.migrations()[state.entries.size()].id.text() + "\" is pending.",
                               .object = plan.name(),
                               .instead = older ? "run this with the newest release's plan" : "call expand() first"}};
}

/// Options::soak, unless somebody has said otherwise.
constexpr std::chrono::seconds usual_soak = std::chrono::hours{24};

std::vector<Gate> closed_among(std::vector<Gate> all) {
    std::erase_if(all, [](Gate const& gate) { return gate.open; });
    return all;
}

/// What the new shape cannot hold is kept: the loss was accepted for the schema, not for the archive.
std::int64_t quarantine_losses(Workplace& workplace, std::vector<OpenPhysicalPair> const& pairs,
                               std::string const& id) {
    auto const& connection = workplace.own();
    std::int64_t kept = 0;
    for (auto const& open : pairs) {
        auto const key = sqlite::row_key(connection, open.pair.table);
        for (auto const& side : open.pair.from) {
            auto statement = connection.prepare(
                "INSERT INTO evolver_quarantine (plan, migration, table_name, row_key, column_name, value, at) SELECT "
                "?1, ?2, ?3, " +
                sqlite::key_text(key) + ", ?4, " + sqlite::quoted(side.column.text()) +
                ", strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM " + sqlite::quoted(open.pair.table.text()) +
                " WHERE NOT (" + sqlite::lossless(open.pair) + ")");
            statement.bind(1, std::string_view{workplace.plan().name()})
                .bind(2, std::string_view{id})
                .bind(3, std::string_view{open.pair.table.text()})
                .bind(4, std::string_view{side.column.text()});
            kept += statement.run();
        }
    }
    return kept;
}

/// Copies the rows of one table into its new form, to the end. What they break stops it, and nothing is left of it.
Batch copy_all(Workplace& workplace, Pacer& pacer, BatchLoop const& loop, RebuildRun& run) {
    try {
        return work_through(workplace, pacer, loop, run);
    } catch (EngineError const& error) {
        constexpr int primary_code = 0xff;
        if ((error.native_code() & primary_code) != SQLITE_CONSTRAINT) throw;
        sqlite::WriteTransaction transaction{workplace.own(), workplace.wait()};
        give_up_rebuild(workplace.own(), run.form().table);
        transaction.commit();
        throw Error{Failure{.what = "Table " + run.form().table.text() +
                                    " cannot have its new form, because of a row in it: " + error.what(),
                            .object = run.form().table.text(),
                            .instead = "mend the rows that break the constraint, then call contract() again",
                            .native_code = error.native_code(),
                            .changed = Changed::no,
                            .retry = Retry::helps}};
    }
}

/// The rules that nothing but the look under the lock keeps: a table that is made anew takes no row that breaks one of its own.
std::vector<sqlite::PhysicalRule> unkept(std::vector<sqlite::PhysicalRule> rules, std::vector<RebuildRun> const& runs) {
    std::erase_if(rules, [&](sqlite::PhysicalRule const& rule) {
        return std::any_of(runs.begin(), runs.end(),
                           [&](RebuildRun const& run) { return run.form().table == rule.rule.table; });
    });
    return rules;
}

/// The work that a contract does before its transaction, in batches. False: it has done some, and all is to be looked at again.
bool is_rebuilt(Workplace& workplace, Pacer& pacer, BatchLoop const& loop, std::vector<TableRebuild> const& rebuilds,
                std::vector<RebuildRun>& runs) {
    for (std::size_t i = 0; i < runs.size(); ++i) {
        auto& run = runs[i];
        (void)run_steps(rebuilds[i].checks, workplace.own());
        if (!run.ready()) {
            (void)copy_all(workplace, pacer, loop, run);
            return false;
        }
        run.verify();
    }
    return true;
}

}  // namespace

namespace {

/// Up to where a contract goes: the position behind its last migration.
std::size_t end_of(Plan const& plan, ledger::State const& state, Compiler const& compiler, Judge const& judge,
                   ContractOptions const& options) {
    std::size_t position = 0;
    for (auto const& entry : state.entries) {
        auto const& id = plan.migrations()[position].id;
        bool const waits =
            !options.until && entry.phase == Phase::expanded && compiler.removes(position) && judge.has_to_wait(entry);
        if (waits) return position;
        ++position;
        if (options.until && id == *options.until) return position;
    }
    return position;
}

std::vector<Gate> judged(Workplace& workplace, Moment const& moment, Judge const& judge, std::size_t end) {
    std::vector<Gate> all;
    std::string waits_for;
    for (auto const& entry : moment.state.entries) {
        auto const position = static_cast<std::size_t>(entry.position);
        if (position >= end) break;
        bool const removes = moment.compiler.removes(position);
        if (entry.phase != Phase::expanded || (!removes && entry.filled)) continue;
        auto const found = judge.all(entry, removes, waits_for);
        all.insert(all.end(), found.begin(), found.end());
        if (!moment.compiler.rules(position).empty())
            all.push_back(rules_gate(workplace.own(), moment.compiler, entry));
        if (waits_for.empty() && removes && judge.has_to_wait(entry)) waits_for = entry.id;
    }
    return all;
}

}  // namespace

std::vector<Gate> gates(Workplace& workplace, std::chrono::seconds soak, ContractOptions const& options) {
    refuse_unknown(workplace.plan(), options);
    auto const moment = look(workplace, workplace.own());
    Judge judge{workplace, soak, options};
    judge.look_around();
    return judged(workplace, moment, judge, moment.state.entries.size());
}

Gate more_lossy(ledger::Entry const& entry) {
    return {"lossless", entry.id, false,
            "more rows than at the last reconcile() have an old value that the new shape cannot give back, and no "
            "trigger has seen "
            "them come: call reconcile() again, and look at what it says"};
}

Report contract(Workplace& workplace, std::chrono::seconds soak, ContractOptions const& options) {
    workplace.refuse_open_transaction("contract");
    auto const& plan = workplace.plan();
    auto const& connection = workplace.own();
    refuse_unfinished(workplace.state(connection), plan);
    refuse_unknown(plan, options);
    std::size_t end = 0;
    {
        auto const moment = look(workplace, connection);
        Judge judge{workplace, soak, options};
        judge.look_around();
        end = end_of(plan, moment.state, moment.compiler, judge, options);
        // Where the first of them has to wait, its gates say why.
        bool none = end < moment.state.entries.size() && !options.until;
        for (auto position = moment.standing.contracted; none && position < end; ++position)
            none = !moment.compiler.removes(position);
        if (auto closed = closed_among(judged(workplace, moment, judge, none ? end + 1 : end)); !closed.empty())
            throw GateClosed{std::move(closed)};
    }

    // The last scan: a write past the triggers shows here, before anything is gone.
    {
        auto const [state, standing, compiler] = look(workplace, connection, Drift::refused);
        ComparisonRun scan{
            workplace, "contract", {.speed = options.speed, .stop = options.stop}, ComparisonRun::Resumable::no};
        for (auto const& entry : state.entries) {
            if (static_cast<std::size_t>(entry.position) >= end) break;
            auto const lossy = scan.found().lossy();
            (void)scan.compare(compiler, entry);
            if (scan.found().different() > 0) throw ReconcileError{scan.found(), scan.rows()};
            if (scan.found().lossy() - lossy > entry.lossy_rows) throw GateClosed{{more_lossy(entry)}};
        }
    }

    Report report;
    Pacer pacer;
    BatchLoop const loop{.call = "contract",
                         .pace = options.speed == Speed::full ? Pace::full_speed : Pace::polite,
                         .stop = options.stop};
    std::optional<std::size_t> written_out;  // the migration whose defaults may change: no row lacks the column
    for (;;) {
        auto moment = look(workplace, connection);
        auto const standing = moment.standing;
        if (standing.contracted >= std::min(end, standing.expanded)) {
            Sweep sweep{workplace};
            while (work_through(workplace, pacer, loop, sweep) != Batch::finished) {
            }
            return report;
        }
        auto const position = standing.contracted;
        auto const& migration = plan.migrations()[position];
        auto const& id = migration.id.text();
        auto const pairs = moment.compiler.pairs(position);
        auto const crossings = moment.compiler.crossings(position);
        auto const rules = moment.compiler.rules(position);
        auto const compiled = moment.compiler.contract();
        auto const start = Clock::now();
        if (written_out != position) {
            for (auto const& changed : compiled.defaults) {
                TransformRun rows{workplace, short_rows(changed)};
                (void)work_through(workplace, pacer, loop, rows);
            }
            written_out = position;
        }
        auto mended = mend_rows(workplace, rules, id);
        std::vector<RebuildRun> runs;
        for (auto const& rebuild : compiled.rebuilds)
            runs.emplace_back(workplace, position, rebuild.form, moment.compiler.schema_version());
        if (!is_rebuilt(workplace, pacer, loop, compiled.rebuilds, runs)) continue;
        bool stale = false;
        std::vector<StepTaken> taken;
        InvariantsAround invariants{connection, migration, InvariantsAround::Steps::of_contract, report};
        Judge judge{workplace, soak, options};
        std::chrono::milliseconds expected{0};
        for (auto const& step : compiled.steps) expected += step.estimate;
        judge.expect(expected);
        workplace.foresee(moment.compiler);
        Standstill const standstill{.of_statements = compiled.removes, .look_around = [&] { judge.look_around(); }};
        auto const kept_out = at_standstill(workplace, standstill, [&] {
            stale = connection.integer("PRAGMA schema_version") != moment.compiler.schema_version() ||
                    !std::all_of(runs.begin(), runs.end(), [](RebuildRun const& run) { return run.ready(); });
            if (stale) return;
            auto const now = workplace.state(connection);
            if (standing_of(now).contracted != position) return;  // another operator was quicker
            if (compiled.removes) {
                if (auto closed = closed_among(judge.at_standstill(now.entries[position])); !closed.empty())
                    throw GateClosed{std::move(closed)};
                // The floor first: an instance of an older release that starts from here on is refused before it writes.
                ledger::raise_floor(connection, plan.name(),
                                    static_cast<std::int64_t>(plan.position_of(migration.release)),
                                    migration.release.text());
                ledger::keep_floor(connection, plan.name(), static_cast<std::int64_t>(position),
                                   {.position = static_cast<std::int64_t>(plan.position_of(migration.release)),
                                    .release = migration.release.text()});
                auto const kept =
                    now.entries[position].lossy_rows > 0
                        ? quarantine_losses(workplace, pairs, id) + quarantine_unhomed(workplace, crossings, id)
                        : 0;
                for (auto const& one : options.override_gates)
                    workplace.audit(connection, "gate overridden", id, one.gate + ": " + one.reason, 0, {});
                for (auto const& one : options.accept_loss) {
                    if (one.migration == id) workplace.audit(connection, "loss accepted", id, one.reason, kept, {});
                }
            }
            mended += mend_rest(workplace, unkept(rules, runs), id);
            if (mended > 0)
                workplace.audit(connection, "rows mended", id, "the old values are in evolver_quarantine", mended, {});
            auto const schema_before = workplace.schema_digest(connection);
            Deadline const deadline{connection, migration, options, ledger::now(connection)};
            invariants.before_steps();
            deadline.run([&] { taken = run_steps(compiled.steps, connection); });
            invariants.after_steps();
            for (auto const& run : runs) run.done();
            auto warnings = compiled.warnings;
            // A gate that was made shorter than usual is no override, and is to be seen all the same.
            if (compiled.removes && soak < usual_soak)
                warnings.push_back(fmt::format("the old shape had to be unused for {} s only, instead of {} h",
                                               soak.count(),
                                               std::chrono::duration_cast<std::chrono::hours>(usual_soak).count()));
            ledger::contracted(connection, plan.name(), static_cast<std::int64_t>(position));
            workplace.audit(connection, "contract", id, migration.summary, 0,
                            std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start),
                            {.schema_before = schema_before,
                             .schema_after = workplace.schema_digest(connection),
                             .steps = in_words(compiled.steps),
                             .warnings = std::move(warnings)});
        });
        if (stale) continue;  // somebody has moved the schema meanwhile
        report.steps.insert(report.steps.end(), compiled.steps.begin(), compiled.steps.end());
        tell_steps(workplace, compiled.steps, taken);
        workplace.tell({.kind = EventKind::contracted, .migration = id, .duration = kept_out});
        (void)workplace.checkpoint_if_due();
    }
}

}  // namespace evolver
