#include "execute/postgresql/reconcile.hpp"

#include "dialect/postgresql/render.hpp"
#include "evolver/execute/reconcile_error.hpp"
#include "evolver/fleet/gate.hpp"
#include "execute/postgresql/comparison.hpp"
#include "execute/postgresql/invariants.hpp"
#include "execute/workplace.hpp"
#include "ledger/postgresql/comparison.hpp"
#include "ledger/postgresql/ledger.hpp"
#include "ledger/postgresql/rollout.hpp"

#include <iterator>
#include <utility>

namespace evolver::postgresql {

namespace {

void refuse_unfilled(ledger::State const& state, Plan const& plan) {
    std::vector<Gate> closed;
    for (auto const& entry : state.entries) {
        if (entry.phase == Phase::expanded && !entry.filled &&
            static_cast<std::size_t>(entry.position) < plan.migrations().size()) {
            closed.push_back({.name = "backfill",
                              .migration = entry.id,
                              .open = false,
                              .reason = "the backfill is not complete: call advance() until it returns false"});
        }
    }
    if (!closed.empty()) throw GateClosed{std::move(closed), "Reconciliation"};
}

/// Legacy writes until now. Counted before the first row is looked at: what comes in from here on is found to be newer. A sequence shows a write before its
/// transaction ends, and its row is not seen until then: so the count is taken when nobody is in the middle of writing.
std::int64_t settled_writes(Site const& site, ledger::Entry const& entry) {
    auto const& connection = site.connection();
    auto const& plan = site.plan();
    std::int64_t writes = 0;
    site.patiently([&] {
        Transaction transaction{connection, site.options().lock_timeout};
        ledger::hold_still(connection, plan.name());  // no contract gives a table another name in between
        Blueprint const blueprint{plan, standing_of(site.state()), connection, site.schema()};
        for (auto const& pair : blueprint.pairs(static_cast<std::size_t>(entry.position)))
            connection.run(wait_for_writers(site.schema(), pair.pair.pair.table));
        writes = ledger::legacy_of(connection, plan.name(), entry.position).writes;
        transaction.commit();
    });
    return writes;
}

/// What one migration's comparison came to.
struct Outcome {
    std::int64_t rows;
    std::int64_t different;
    std::int64_t lossy;
    std::int64_t writes;
};

void record(Site const& site, ledger::Entry const& entry, Outcome const& outcome) {
    auto const& connection = site.connection();
    auto const& plan = site.plan();
    auto const position = static_cast<std::size_t>(entry.position);
    site.patiently([&] {
        Transaction transaction{connection, site.options().lock_timeout};
        ledger::take_pen(connection, plan.name());
        auto const state = site.state();
        bool const open = position < state.entries.size() && state.entries[position].phase == Phase::expanded &&
                          state.entries[position].expanded_at == entry.expanded_at;
        if (!open) return;
        ledger::mark_reconciled(connection, plan.name(), entry.position, outcome.writes, outcome.lossy);
        ledger::recorded_compared(connection, plan.name(), entry.position);
        bool const held = !plan.migrations()[position].contract.held.empty() ||
                          ledger::rollout_of(connection, plan.name(), entry.position).held;
        if (state.entries[position].stage == Stage::dual && !held)
            ledger::move_stage(connection, plan.name(), entry.position, Stage::switched);
        site.audit(connection, {.plan = {},
                                .event = "reconcile",
                                .migration = entry.id,
                                .detail = std::to_string(outcome.lossy) + " lossy",
                                .rows = outcome.rows});
        transaction.commit();
        site.count_commit();
    });
    site.tell({.kind = EventKind::reconciled, .migration = entry.id, .done = outcome.rows});
}

void record_failure(Site const& site, ledger::Entry const& entry, Outcome const& outcome) {
    auto const& connection = site.connection();
    site.patiently([&] {
        Transaction transaction{connection, site.options().lock_timeout};
        ledger::forget_compared(connection, site.plan().name());
        site.audit(connection, {.plan = {},
                                .event = "reconciliation failed",
                                .migration = entry.id,
                                .detail = std::to_string(outcome.different) + " rows differ",
                                .rows = outcome.rows});
        transaction.commit();
        site.count_commit();
    });
}

/// Throws InvariantError, which the trail tells then.
std::vector<InvariantAnswer> ask_invariants(Site const& site, Migration const& migration, bool show_values) {
    std::vector<InvariantAnswer> answers;
    try {
        site.patiently([&] { answers = compare_invariants(site, migration, show_values); });
    } catch (InvariantError const& error) {
        site.patiently([&] {
            Transaction transaction{site.connection(), site.options().lock_timeout};
            site.audit(site.connection(), {.plan = {},
                                           .event = "reconciliation failed",
                                           .migration = error.answer().migration,
                                           .detail = "the invariant \"" + error.answer().name + "\" does not hold"});
            transaction.commit();
        });
        throw;
    }
    return answers;
}

}  // namespace

Reconciliation compare_shapes(Site& site, std::size_t position) {
    Comparison run{site, {}, Comparison::Resumable::no};
    (void)run.compare(site.look().entries.at(position), 0);
    if (run.found().different() > 0) throw ReconcileError{run.found(), run.rows()};
    return run.found();
}

Reconciliation reconcile(Site& site, ReconcileOptions const& options) {
    auto const& plan = site.plan();
    auto const before = site.look();
    refuse_unfilled(before, plan);
    Comparison run{site, options, Comparison::Resumable::yes};
    std::vector<InvariantAnswer> invariants;
    for (auto const& entry : before.entries) {
        if (static_cast<std::size_t>(entry.position) >= plan.migrations().size() || entry.phase != Phase::expanded)
            continue;
        bool const has_triggers = plan.migrations()[static_cast<std::size_t>(entry.position)].sync == Sync::triggers;
        if (!has_triggers && entry.stage == Stage::complete) continue;  // nothing fills the old shape any more
        auto const writes = settled_writes(site, entry);
        auto const until_then = run.found();
        auto const outcome = [&](Reconciliation const& found) {
            return Outcome{.rows = found.rows() - until_then.rows(),
                           .different = found.different() - until_then.different(),
                           .lossy = found.lossy() - until_then.lossy(),
                           .writes = run.writes()};
        };
        try {
            if (run.compare(entry, writes) == Comparison::Outcome::recorded) continue;
        } catch (ReconcileError const& error) {
            if (outcome(error.found()).different > 0) record_failure(site, entry, outcome(error.found()));
            throw;
        }
        if (auto const came_to = outcome(run.found()); came_to.different > 0) {
            record_failure(site, entry, came_to);
            continue;
        }
        auto answers =
            ask_invariants(site, plan.migrations()[static_cast<std::size_t>(entry.position)], options.show_values);
        invariants.insert(invariants.end(), std::make_move_iterator(answers.begin()),
                          std::make_move_iterator(answers.end()));
        record(site, entry, outcome(run.found()));
    }
    site.patiently([&] { ledger::forget_compared(site.connection(), plan.name()); });
    if (run.found().different() > 0) throw ReconcileError{run.found(), run.rows()};
    auto found = run.found();
    found.invariants = std::move(invariants);
    return found;
}

}  // namespace evolver::postgresql
