#include "execute/contract.hpp"

#include "dialect/sqlite/fill_sql.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "execute/batch_loop.hpp"
#include "execute/comparison.hpp"
#include "execute/invariants.hpp"
#include "execute/moved_losses.hpp"
#include "execute/rebuild.hpp"
#include "execute/rules.hpp"
#include "execute/standstill.hpp"
#include "execute/sweep.hpp"
#include "fleet/processes.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>

namespace evolver {

namespace {

using Clock = std::chrono::steady_clock;

std::string in_words(std::chrono::seconds time) {
    auto const count = time.count();
    if (count >= 7200) return fmt::format("{} h", count / 3600);
    if (count >= 120) return fmt::format("{} min", count / 60);
    return fmt::format("{} s", count);
}

template <class Items, class Match>
auto const* find_if(Items const& items, Match const& match) {
    auto const found = std::find_if(items.begin(), items.end(), match);
    return found == items.end() ? nullptr : &*found;
}

/// The gates of one migration, judged by what the ledger and the fleet show right now, and by the processes that the system showed at
/// the last look around: that one takes longer than writers may be kept out.
class Judge {
public:
    Judge(Workplace& workplace, std::chrono::seconds soak, ContractOptions const& options)
        : workplace_{workplace}, soak_{soak}, options_{options} {}

    /// Before the first judgement, and as often as it should be of the moment.
    void look_around() {
        if (!workplace_.path().empty()) open_ = processes_with_open(workplace_.path());
    }

    /// Where nothing is removed, only the work has to be done.
    std::vector<Gate> all(ledger::Entry const& entry, bool removes = true) const {
        if (!removes) return {backfill(entry)};
        return {backfill(entry),  reconciliation(entry), lossless(entry),
                instances(entry), processes(entry),      soak(entry)};
    }

private:
    [[nodiscard]] Gate gate(std::string name, ledger::Entry const& entry, std::string reason) const {
        bool const overridden =
            find_if(options_.override_gates, [&](Override const& one) { return one.gate == name; }) != nullptr;
        bool const open = reason.empty() || (overridden && name != "backfill" && name != "reconciliation");
        return {std::move(name), entry.id, open, open ? "" : std::move(reason)};
    }

    [[nodiscard]] ledger::Legacy legacy(ledger::Entry const& entry) const {
        return ledger::legacy_of(workplace_.own(), workplace_.plan().name(), entry.position);
    }

    [[nodiscard]] Gate backfill(ledger::Entry const& entry) const {
        return gate(
            "backfill", entry,
            entry.filled ? "" : "the backfill is not complete: call backfill(), or advance() until it returns false");
    }

    [[nodiscard]] Gate reconciliation(ledger::Entry const& entry) const {
        if (entry.reconciled_at == 0)
            return gate("reconciliation", entry, "the two shapes have not been compared: call reconcile()");
        return gate("reconciliation", entry,
                    legacy(entry).writes == entry.reconciled_writes
                        ? ""
                        : "legacy writes came in since the two shapes were compared: call reconcile() again");
    }

    [[nodiscard]] Gate lossless(ledger::Entry const& entry) const {
        bool const accepted = find_if(options_.accept_loss,
                                      [&](AcceptedLoss const& one) { return one.migration == entry.id; }) != nullptr;
        return gate("lossless", entry,
                    entry.lossy_rows == 0 || accepted
                        ? ""
                        : fmt::format("in {} row{} the new shape cannot give back the old value: mend them, or accept "
                                      "the loss by name: .accept_loss = "
                                      "{{{{\"{}\", \"<reason>\"}}}}",
                                      entry.lossy_rows, entry.lossy_rows == 1 ? "" : "s", entry.id));
    }

    [[nodiscard]] Gate instances(ledger::Entry const& entry) const {
        auto const needed = workplace_.plan().position_of(Release{entry.release});
        std::string alive;
        for (auto const& instance : workplace_.presence().instances()) {
            if (instance.own || instance.plan != Presence::plan_label(workplace_.plan().name())) continue;
            auto const releases = workplace_.plan().releases();
            auto const known = std::find(releases.begin(), releases.end(), Release{instance.release});
            if (known != releases.end() && static_cast<std::size_t>(known - releases.begin()) >= needed) continue;
            alive +=
                fmt::format("{}release {} (pid {})", alive.empty() ? "" : ", ", instance.release, instance.process);
        }
        if (workplace_.release_position() < needed) alive = "this very process, of release " + workplace_.release();
        return gate("instances", entry,
                    alive.empty() ? "" : "still alive: " + alive + "; stop it, or wait until it has ended");
    }

    [[nodiscard]] Gate processes(ledger::Entry const& entry) const {
        if (workplace_.path().empty()) return gate("processes", entry, {});
        auto const known = workplace_.presence().instances();
        std::string unknown;
        for (auto const& process : open_.processes) {
            bool const registered =
                find_if(known, [&](Instance const& instance) { return instance.process == process.id; }) != nullptr;
            if (registered || process.id == getpid()) continue;
            unknown += fmt::format("{}{} (pid {})", unknown.empty() ? "" : ", ",
                                   process.command.empty() ? "a process" : process.command, process.id);
        }
        return gate("processes", entry,
                    unknown.empty()
                        ? ""
                        : "the database is open in " + unknown + ", which evolver does not know; close it there");
    }

    [[nodiscard]] Gate soak(ledger::Entry const& entry) const {
        auto const last = std::max(legacy(entry).last_at, entry.expanded_at);
        auto const quiet = std::chrono::seconds{ledger::now(workplace_.own()) - last};
        if (quiet >= soak_) return gate("soak", entry, {});
        auto const what = legacy(entry).last_at > 0 ? "the last legacy write was" : "the migration was expanded";
        return gate("soak", entry,
                    fmt::format("{} {} ago; the soak time is {}", what, in_words(quiet), in_words(soak_)));
    }

    Workplace& workplace_;
    std::chrono::seconds soak_;
    ContractOptions const& options_;
    OpenProcesses open_;
};

/// Not among the gates that are judged under the lock: there the step itself looks.
Gate rules_gate(sqlite::Connection const& connection, Compiler const& compiler, ledger::Entry const& entry) {
    Gate gate{.name = "rules", .migration = entry.id, .open = true, .reason = {}};
    for (auto const& rule : compiler.rules(static_cast<std::size_t>(entry.position))) {
        if (!rule.rule.clean.empty() || rule.rule.violators != Violators::refuse) continue;
        auto const found = violations(connection, rule);
        if (found.count == 0) continue;
        gate.open = false;
        gate.reason +=
            fmt::format("{}{} row{} break{} the rule that {} (key {}); mend {}", gate.reason.empty() ? "" : "; ",
                        found.count, found.count == 1 ? "" : "s", found.count == 1 ? "s" : "", name_of(rule.rule),
                        found.keys.front(), found.count == 1 ? "it" : "them");
    }
    return gate;
}

void refuse_unknown(Plan const& plan, ContractOptions const& options) {
    for (auto const& one : options.override_gates) {
        auto const names = {"lossless", "instances", "processes", "soak"};
        bool const known = std::find(names.begin(), names.end(), one.gate) != names.end();
        if (known && !one.reason.empty()) continue;
        throw PlanError{Failure{.what = known ? "The override of gate \"" + one.gate + "\" has no reason."
                                              : "There is no gate \"" + one.gate + "\" that could be overridden.",
                                .object = one.gate,
                                .instead = known ? "say why, for the audit trail"
                                                 : "gates that can be: lossless, instances, processes, soak"}};
    }
    for (auto const& one : options.accept_loss) {
        auto const migrations = plan.migrations();
        bool const known = find_if(migrations, [&](Migration const& migration) {
                               return migration.id.text() == one.migration;
                           }) != nullptr;
        if (known && !one.reason.empty()) continue;
        throw PlanError{
            Failure{.what = known ? "The accepted loss of \"" + one.migration + "\" has no reason."
                                  : "The plan has no migration \"" + one.migration + "\" whose loss could be accepted.",
                    .object = one.migration,
                    .instead = "name the migration and say why: .accept_loss = {{\"<id>\", \"<reason>\"}}"}};
    }
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
        run_steps(rebuilds[i].checks, workplace.own());
        if (!run.ready()) {
            (void)copy_all(workplace, pacer, loop, run);
            return false;
        }
        run.verify();
    }
    return true;
}

}  // namespace

std::vector<Gate> gates(Workplace& workplace, std::chrono::seconds soak, ContractOptions const& options) {
    refuse_unknown(workplace.plan(), options);
    auto const [state, standing, compiler] = look(workplace, workplace.own());
    Judge judge{workplace, soak, options};
    judge.look_around();
    std::vector<Gate> all;
    for (auto const& entry : state.entries) {
        bool const removes = compiler.removes(static_cast<std::size_t>(entry.position));
        if (entry.phase != Phase::expanded || (!removes && entry.filled)) continue;
        auto const judged = judge.all(entry, removes);
        all.insert(all.end(), judged.begin(), judged.end());
        if (!compiler.rules(static_cast<std::size_t>(entry.position)).empty())
            all.push_back(rules_gate(workplace.own(), compiler, entry));
    }
    return all;
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
    if (auto closed = closed_among(gates(workplace, soak, options)); !closed.empty())
        throw GateClosed{std::move(closed)};

    // The last scan: a write past the triggers shows here, before anything is gone.
    {
        auto const [state, standing, compiler] = look(workplace, connection, Drift::refused);
        ComparisonRun scan{
            workplace, "contract", {.speed = options.speed, .stop = options.stop}, ComparisonRun::Resumable::no};
        for (auto const& entry : state.entries) {
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
    for (;;) {
        auto moment = look(workplace, connection);
        auto const standing = moment.standing;
        if (standing.contracted == standing.expanded) {
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
        auto mended = mend_rows(workplace, rules, id);
        std::vector<RebuildRun> runs;
        for (auto const& rebuild : compiled.rebuilds)
            runs.emplace_back(workplace, position, rebuild.form, moment.compiler.schema_version());
        if (!is_rebuilt(workplace, pacer, loop, compiled.rebuilds, runs)) continue;
        bool stale = false;
        InvariantsAround invariants{connection, migration, InvariantsAround::Steps::of_contract, report};
        Judge judge{workplace, soak, options};
        Standstill const standstill{.of_statements = compiled.removes, .look_around = [&] { judge.look_around(); }};
        auto const kept_out = at_standstill(workplace, standstill, [&] {
            stale = connection.integer("PRAGMA schema_version") != moment.compiler.schema_version() ||
                    !std::all_of(runs.begin(), runs.end(), [](RebuildRun const& run) { return run.ready(); });
            if (stale) return;
            auto const now = workplace.state(connection);
            if (standing_of(now).contracted != position) return;  // another operator was quicker
            if (compiled.removes) {
                if (auto closed = closed_among(judge.all(now.entries[position])); !closed.empty())
                    throw GateClosed{std::move(closed)};
                // The floor first: an instance of an older release that starts from here on is refused before it writes.
                ledger::raise_floor(connection, plan.name(),
                                    static_cast<std::int64_t>(plan.position_of(migration.release)),
                                    migration.release.text());
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
            invariants.before_steps();
            run_steps(compiled.steps, connection);
            invariants.after_steps();
            for (auto const& run : runs) run.done();
            ledger::contracted(connection, plan.name(), static_cast<std::int64_t>(position));
            workplace.audit(connection, "contract", id, migration.summary, 0,
                            std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start));
        });
        if (stale) continue;  // somebody has moved the schema meanwhile
        report.steps.insert(report.steps.end(), compiled.steps.begin(), compiled.steps.end());
        for (auto const& step : compiled.steps)
            workplace.tell({.kind = EventKind::step, .migration = id, .object = step.what});
        workplace.tell({.kind = EventKind::contracted, .migration = id, .duration = kept_out});
        (void)workplace.checkpoint_if_due();
    }
}

}  // namespace evolver
