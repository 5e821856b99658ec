#include "execute/postgresql/contract.hpp"

#include "dialect/postgresql/fill_sql.hpp"
#include "dialect/postgresql/render.hpp"
#include "dialect/postgresql/sync.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/ledger/ledger_error.hpp"
#include "execute/completion.hpp"
#include "execute/judge.hpp"
#include "execute/postgresql/invariants.hpp"
#include "execute/postgresql/reconcile.hpp"
#include "execute/postgresql/rollback.hpp"
#include "execute/postgresql/rules.hpp"
#include "execute/workplace.hpp"
#include "fleet/gates/gates.hpp"
#include "fleet/hand_over.hpp"
#include "ledger/postgresql/instances.hpp"
#include "ledger/postgresql/ledger.hpp"
#include "ledger/postgresql/rollout.hpp"

#include <algorithm>

namespace evolver::postgresql {

namespace {

class Bench {
public:
    Bench(Site const& site, std::chrono::seconds soak, ContractOptions const& options)
        : site_{site}, soak_{soak}, options_{options} {}

    /// In the transaction that `connection` is in: legacy writes that are seen to have moved are noted.
    [[nodiscard]] std::vector<Gate> judge(Connection const& connection, ledger::Entry const& entry, bool removes,
                                          std::string const& waits_for) const {
        auto const& migration = site_.plan().migrations()[static_cast<std::size_t>(entry.position)];
        contract_gates::Facts facts{.plan = site_.plan(), .migration = migration, .entry = entry};
        facts.legacy = ledger::legacy_of(connection, site_.plan().name(), entry.position);
        facts.rollout = ledger::rollout_of(connection, site_.plan().name(), entry.position);
        facts.signed_off = ledger::signed_off(connection, site_.plan().name(), entry.position);
        facts.waits_for = waits_for;
        facts.loss_accepted = std::ranges::any_of(options_.accept_loss,
                                                  [&](AcceptedLoss const& one) { return one.migration == entry.id; });
        facts.own_release = site_.options().release;
        for (auto const& one : instances_of(connection, site_.plan().name()))
            facts.instances.push_back({.process = static_cast<pid_t>(one.process),
                                       .release = one.release,
                                       .plan = Presence::plan_label(site_.plan().name())});
        facts.now = ledger::now(connection);
        facts.soak = soak_;
        std::vector<Gate> all;
        for (auto const* condition : contract_gates::all()) {
            bool const is_work = condition == &contract_gates::backfill;
            if (!removes && !is_work) continue;
            auto reason = condition->reason(facts);
            if (overridden(condition->name)) reason.clear();
            all.push_back({std::string{condition->name}, entry.id, reason.empty(), reason});
        }
        return all;
    }

    [[nodiscard]] bool has_to_wait(Connection const& connection, ledger::Entry const& entry) const {
        return std::ranges::any_of(judge(connection, entry, true, {}), [](Gate const& gate) {
            return !gate.open && (gate.name == "due" || gate.name == "held");
        });
    }
    [[nodiscard]] bool overridden(std::string_view name) const {
        return std::ranges::any_of(options_.override_gates, [&](Override const& one) { return one.gate == name; });
    }

private:
    Site const& site_;
    std::chrono::seconds soak_;
    ContractOptions const& options_;
};

std::vector<Gate> closed_among(std::vector<Gate> all) {
    std::erase_if(all, [](Gate const& gate) { return gate.open; });
    return all;
}

/// All gates of the open migrations before `end`.
std::vector<Gate> judged(Site const& site, Bench const& bench, ledger::State const& state, Blueprint const& blueprint,
                         std::size_t end) {
    std::vector<Gate> all;
    std::string waits_for;
    for (auto const& entry : state.entries) {
        auto const position = static_cast<std::size_t>(entry.position);
        if (position >= end) break;
        if (entry.phase != Phase::expanded) continue;
        auto const removes = blueprint.removes(position);
        auto const found = bench.judge(site.connection(), entry, removes, waits_for);
        all.insert(all.end(), found.begin(), found.end());
        if (auto const rules = blueprint.rules(position); !rules.empty())
            all.push_back(rules_gate(site.connection(), rules, entry.id));
        if (waits_for.empty() && removes && bench.has_to_wait(site.connection(), entry)) waits_for = entry.id;
    }
    return all;
}

std::size_t end_of(Site const& site, Bench const& bench, ledger::State const& state, Blueprint const& blueprint,
                   ContractOptions const& options) {
    std::size_t position = 0;
    bool any = false;
    for (auto const& entry : state.entries) {
        bool const removes = entry.phase == Phase::expanded && blueprint.removes(position);
        // Where the first of them has to wait, its gates say why.
        if (!options.until && removes && bench.has_to_wait(site.connection(), entry))
            return any ? position : position + 1;
        any = any || removes;
        ++position;
        if (options.until && site.plan().migrations()[position - 1].id == *options.until) return position;
    }
    return position;
}

void refuse_unfinished(ledger::State const& state, Plan const& plan) {
    if (state.entries.size() == plan.migrations().size()) return;
    bool const older = state.entries.size() > plan.migrations().size();
    throw HistoryError{
        Failure{.what = older ? "The database has been expanded by a newer release, which this plan does not "
                                "know."
                              : "The plan is not expanded: its migration \"" +
                                    plan.migrations()[state.entries.size()].id.text() + "\" is pending.",
                .object = plan.name(),
                .instead = older ? "run this with the newest release's plan" : "call expand() first"}};
}

/// The transaction of one migration's contract, on the connection of the fleet's mover.
struct Removal {
    Site& site;
    Bench const& bench;
    ContractOptions const& options;
    std::size_t position;
    std::int64_t mended;
    InvariantsAround& invariants;

    /// False: somebody else was quicker.
    bool operator()(Connection const& connection, Report& report) const {
        auto const& plan = site.plan();
        auto const& migration = plan.migrations()[position];
        auto const& id = migration.id.text();
        auto const at = static_cast<std::int64_t>(position);
        ledger::take_pen(connection, plan.name());
        auto const state = ledger::read(connection, plan.name());
        auto const standing = standing_of(state);
        if (standing.contracted != position) return false;
        Blueprint const blueprint{plan, standing, connection, site.schema()};
        auto const compiled = blueprint.contract();
        auto const pairs = blueprint.pairs(position);
        auto const& entry = state.entries[position];
        auto const look_at_gates = [&] {
            auto closed = closed_among(bench.judge(connection, entry, compiled.removes, {}));
            if (!closed.empty()) throw GateClosed{std::move(closed)};
        };
        if (compiled.removes && entry.stage != Stage::complete) {
            // Programs that name the old columns may be at work again. Whoever has moved it back has held it, as a rule, and says why.
            look_at_gates();
            throw HistoryError{Failure{.what = "Somebody has moved \"" + id + "\" back to stage " +
                                               std::string{name_of(entry.stage)} + " while its contract waited.",
                                       .object = id,
                                       .instead = "call contract() again"}};
        }
        // Before the tables: whoever fills rows locks in that order, too.
        for (auto const& move : compiled.moves)
            ledger::move_table(connection, plan.name(), at, move.table.text(), move.to.text());
        for (auto const& table : compiled.tables) connection.run(lock_table(site.schema(), table));
        // From here on nobody writes. What has come in since the gates were looked at is seen now.
        look_at_gates();
        for (auto const& open : pairs) {
            if (open.pair.refilled) continue;
            if (connection.text(sync_is_on(site.schema(), open.pair.pair.table)) == "t") continue;
            throw DriftError{
                Failure{.what = "The sync trigger of table " + open.pair.pair.table.text() +
                                " is gone, or is switched off: what old programs wrote may be in the old shape only.",
                        .object = id,
                        .instead = "rollback(), then expand() again"}};
        }
        std::int64_t kept = 0;
        if (state.entries[position].lossy_rows > 0) {
            for (auto const& open : pairs) {
                for (auto const& sql : quarantine(open.pair, open.key))
                    kept += connection.query(sql, {plan.name(), id}).changed;
            }
        }
        for (auto const& one : options.override_gates)
            site.audit(
                connection,
                {.plan = {}, .event = "gate overridden", .migration = id, .detail = one.gate + ": " + one.reason});
        for (auto const& one : options.accept_loss) {
            if (one.migration == id)
                site.audit(connection,
                           {.plan = {}, .event = "loss accepted", .migration = id, .detail = one.reason, .rows = kept});
        }
        if (mended > 0)
            site.audit(connection, {.plan = {},
                                    .event = "rows mended",
                                    .migration = id,
                                    .detail = "the old values are in evolver_quarantine",
                                    .rows = mended});
        ledger::drop_legacy_counters(connection, plan.name(), at);
        invariants.before_steps(connection);
        run_steps(compiled.steps, connection);
        invariants.after_steps(connection);
        ledger::contracted(connection, plan.name(), at);
        if (compiled.removes)
            ledger::keep_floor(connection, plan.name(), at,
                               {.position = static_cast<std::int64_t>(plan.position_of(migration.release)),
                                .release = migration.release.text()});
        site.audit(connection, {.plan = {},
                                .event = "contract",
                                .migration = id,
                                .detail = migration.summary,
                                .steps = in_words(compiled.steps)});
        report.steps.insert(report.steps.end(), compiled.steps.begin(), compiled.steps.end());
        return true;
    }
};

/// From here on programs of this release write the new shape only; the trigger goes on filling the old one. Only when all of them do, which the next
/// move waits for, can the old columns go: a statement that names them would fail. `check` throws, under the pen, where it may not be.
/// Where there is no trigger, nothing fills the old columns from here on: they accept that, nobody of an older release may come in, and no way leads back.
void leave_the_old_shape(Site& site, std::size_t position, std::string const& why,
                         std::function<void(Connection const&, ledger::Entry const&)> const& check,
                         std::optional<std::int64_t> floor = {}) {
    auto const& plan = site.plan();
    auto const& id = plan.migrations()[position].id.text();
    auto const at = static_cast<std::int64_t>(position);
    auto const is_due = [&](ledger::State const& state) {
        return position < state.entries.size() && state.entries[position].phase == Phase::expanded &&
               state.entries[position].stage != Stage::complete;
    };
    if (!is_due(site.look())) return;
    site.patiently(
        [&] {
            site.lease().renew();
            HandOver move{.what = id + " becoming complete", .floor = floor};
            move.work = [&] {
                auto const& connection = site.roster().connection();
                ledger::take_pen(connection, plan.name());
                auto const state = ledger::read(connection, plan.name());
                if (!is_due(state)) return;
                refuse_begun_rollback(state.entries[position]);
                check(connection, state.entries[position]);
                Blueprint const blueprint{plan, standing_of(state), connection, site.schema()};
                for (auto const& sql : blueprint.let_go(position)) connection.run(sql);
                ledger::move_stage(connection, plan.name(), at, Stage::complete);
                site.audit(connection, {.plan = {}, .event = "stage complete", .migration = id, .detail = why});
            };
            (void)hand_over(site.roster(), move);
            site.count_commit();
        },
        site.longest_silence());
}

}  // namespace

std::vector<Gate> gates(Site& site, std::chrono::seconds soak, ContractOptions const& options) {
    refuse_unknown(site.plan(), options);
    Bench const bench{site, soak, options};
    std::vector<Gate> all;
    site.patiently([&] {
        Transaction transaction{site.connection(), site.options().lock_timeout};
        auto const state = site.state();
        Blueprint const blueprint{site.plan(), standing_of(state), site.connection(), site.schema()};
        all = judged(site, bench, state, blueprint, site.plan().migrations().size());
        transaction.commit();
    });
    return all;
}

void complete_stage(Site& site, std::chrono::seconds soak, std::size_t position, StageOrder const& order) {
    auto const& plan = site.plan();
    auto const& id = plan.migrations()[position].id.text();
    ContractOptions const options{.override_gates = order.override_gates};
    refuse_unknown(plan, options);
    Bench const bench{site, soak, options};
    leave_the_old_shape(site, position, order.reason, [&](Connection const& connection, ledger::Entry const& entry) {
        auto const standing = standing_of(ledger::read(connection, plan.name()));
        Blueprint const blueprint{plan, standing, connection, site.schema()};
        for (auto earlier = standing.contracted; earlier < position; ++earlier) {
            if (!blueprint.removes(earlier)) continue;
            throw HistoryError{Failure{.what = "Migration \"" + id + "\" cannot be at stage complete before \"" +
                                               plan.migrations()[earlier].id.text() + "\" is contracted.",
                                       .object = id,
                                       .instead = "contract() goes in the order of the plan"}};
        }
        auto closed = closed_among(bench.judge(connection, entry, true, {}));
        std::erase_if(closed, [](Gate const& gate) { return is_of_contract_alone(gate.name); });
        if (!closed.empty()) throw GateClosed{std::move(closed), "advance_stage()"};
        for (auto const& one : order.override_gates)
            site.audit(
                connection,
                {.plan = {}, .event = "gate overridden", .migration = id, .detail = one.gate + ": " + one.reason});
        ledger::release_hold(connection, plan.name(), entry.position);
    });
    site.tell({.kind = EventKind::completed, .migration = id});
}

Report contract(Site& site, std::chrono::seconds soak, ContractOptions const& options) {
    auto const& plan = site.plan();
    refuse_unknown(plan, options);
    auto const at_first = site.look();
    refuse_unfinished(at_first, plan);
    for (auto const& entry : at_first.entries) refuse_begun_rollback(entry);
    Bench const bench{site, soak, options};
    std::size_t end = 0;
    std::vector<Gate> closed;
    site.patiently([&] {
        refuse_drift(site);
        Transaction transaction{site.connection(), site.options().lock_timeout};
        auto const state = site.state();
        Blueprint const blueprint{plan, standing_of(state), site.connection(), site.schema()};
        end = end_of(site, bench, state, blueprint, options);
        closed = closed_among(judged(site, bench, state, blueprint, end));
        transaction.commit();
    });
    if (!closed.empty()) throw GateClosed{std::move(closed)};

    Report report;
    for (;;) {
        auto const standing = standing_of(site.look());
        auto const position = standing.contracted;
        if (position >= std::min(end, standing.expanded)) return report;
        auto const& migration = plan.migrations()[position];
        Compiled compiled;
        site.patiently([&] { compiled = Blueprint{plan, standing, site.connection(), site.schema()}.contract(); });
        bool const has_triggers = migration.sync == Sync::triggers;
        bool const over_instances = bench.overridden("instances");
        auto const release = static_cast<std::int64_t>(plan.position_of(migration.release));
        auto const entry_now = site.look().entries[position];
        // The last look, beside writers: a write past the triggers shows here, before anything is gone. Where there are none, an old shape that everybody
        // has left says nothing any more.
        bool const is_left = !has_triggers && entry_now.stage == Stage::complete;
        auto const found = is_left ? Reconciliation{} : compare_shapes(site, position);
        auto const known = entry_now.lossy_rows;
        if (found.lossy() > known) {
            throw GateClosed{{{.name = "lossless",
                               .migration = migration.id.text(),
                               .open = false,
                               .reason = "more rows would lose something than reconcile() has seen (" +
                                         std::to_string(found.lossy()) + " instead of " + std::to_string(known) +
                                         "): call reconcile() again"}}};
        }
        leave_the_old_shape(
            site, position, "contract is due",
            [&](Connection const& connection, ledger::Entry const& entry) {
                auto now = closed_among(bench.judge(connection, entry, compiled.removes, {}));
                if (!now.empty()) throw GateClosed{std::move(now)};
            },
            has_triggers || over_instances || !compiled.removes ? std::nullopt : std::optional{release});
        // Nobody who may break the rules is left.
        Proving proving{site, compiled, migration.id.text()};
        bool done = false;
        auto const remove = [&] {
            site.lease().renew();  // who moves has acknowledged the last move himself
            Report steps;
            InvariantsAround invariants{site, migration, InvariantsAround::Steps::of_contract};
            Removal const removal{site, bench, options, position, proving.mended(), invariants};
            HandOver move{.what = "contract of " + migration.id.text()};
            if (compiled.removes && !over_instances) move.floor = release;
            move.work = [&] {
                done = removal(site.roster().connection(), steps);
                if (done && compiled.removes && over_instances)
                    raise_floor(site.roster().connection(), plan.name(), release, migration.release.text());
            };
            (void)hand_over(site.roster(), move);
            site.count_commit();
            if (!done) return;
            report.steps.insert(report.steps.end(), steps.steps.begin(), steps.steps.end());
            report.warnings.insert(report.warnings.end(), invariants.warnings().begin(), invariants.warnings().end());
        };
        site.patiently(remove, site.longest_silence());
        if (!done) continue;  // somebody else was quicker, and has taken away what he had added
        proving.keep();
        site.tell({.kind = EventKind::contracted, .migration = migration.id.text()});
    }
}

}  // namespace evolver::postgresql
