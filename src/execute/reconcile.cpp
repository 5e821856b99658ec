#include "execute/reconcile.hpp"

#include "evolver/fleet/gate.hpp"
#include "execute/comparison.hpp"
#include "execute/invariants.hpp"
#include "ledger/rollout.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace evolver {

namespace {

using Microseconds = std::chrono::microseconds;

Failure failure_of(Reconciliation const& found, std::vector<Mismatch> const& rows, std::string const& stopped) {
    auto const count = found.different();
    std::string what =
        fmt::format("Reconciliation found {} row{} in which the old and the new shape do not say the same{}:", count,
                    count == 1 ? "" : "s", stopped.empty() ? "" : ", and stopped there because " + stopped);
    for (auto const& row : rows) {
        what += fmt::format("\n  {} · {} · key {}", row.migration, row.table, row.key);
        if (!row.old_values.empty()) what += fmt::format(" · {} · {}", row.old_values, row.new_values);
    }
    if (count > static_cast<std::int64_t>(rows.size())) what += "\n  …";
    return Failure{.what = std::move(what),
                   .object = rows.empty() ? "" : rows.front().table,
                   .instead =
                       "look at these rows: something wrote past the triggers (a trigger was dropped, or triggers were "
                       "switched off). Write the right value "
                       "through LiveTable, then reconcile again"};
}

template <class Number>
Number total(Reconciliation const& of, Number PairComparison::*member) {
    Number sum = 0;
    for (auto const& pair : of.pairs) sum += pair.*member;
    return sum;
}

void refuse_unfilled(ledger::State const& state, Plan const& plan) {
    std::vector<Gate> closed;
    for (auto const& entry : state.entries) {
        if (entry.phase == Phase::expanded && !entry.filled &&
            static_cast<std::size_t>(entry.position) < plan.migrations().size()) {
            closed.push_back({"backfill", entry.id, false,
                              "the backfill is not complete: call backfill(), or advance() until it returns false"});
        }
    }
    if (!closed.empty()) throw GateClosed{std::move(closed), "Reconciliation"};
}

/// What one migration's comparison came to; `before` is what the run had found until then.
struct Outcome {
    std::int64_t rows;
    std::int64_t different;
    std::int64_t lossy;
    Microseconds duration;
};

/// True: reads have moved to the new shape.
bool record(Workplace& workplace, ledger::Entry const& entry, std::int64_t writes, Outcome const& outcome) {
    auto const& connection = workplace.own();
    auto const& plan = workplace.plan().name();
    sqlite::WriteTransaction transaction{connection, workplace.wait()};
    if (outcome.different > 0) {
        ledger::forget_compared(connection, plan);
        workplace.audit(connection, "reconciliation failed", entry.id, fmt::format("{} rows differ", outcome.different),
                        outcome.rows, outcome.duration);
        transaction.commit();
        return false;
    }
    // What was compared may be gone, or have begun anew, by now.
    auto const now = workplace.state(connection);
    auto const position = static_cast<std::size_t>(entry.position);
    if (position >= now.entries.size() || now.entries[position].phase != Phase::expanded ||
        !now.entries[position].filled || now.entries[position].expanded_at != entry.expanded_at) {
        throw Error{Failure{.what = "Migration \"" + entry.id + "\" was taken back while it was compared.",
                            .object = entry.id,
                            .instead = "look at status(), then reconcile again",
                            .retry = Retry::helps}};
    }
    ledger::mark_reconciled(connection, plan, entry.position, writes, outcome.lossy);
    ledger::recorded_compared(connection, plan, entry.position);
    bool const held = !workplace.plan().migrations()[position].contract.held.empty() ||
                      ledger::rollout_of(connection, plan, entry.position).held;
    bool const moves = now.entries[position].stage == Stage::dual && !held;
    if (moves) {
        // A snapshot from before this belongs to an earlier epoch; whoever begins one later finds every row filled.
        workplace.presence().publish(0);
        ledger::move_stage(connection, plan, entry.position, Stage::switched);
    }
    workplace.audit(connection, "reconcile", entry.id, fmt::format("{} lossy", outcome.lossy), outcome.rows,
                    outcome.duration);
    transaction.commit();
    workplace.tell(
        {.kind = EventKind::reconciled, .migration = entry.id, .done = outcome.rows, .duration = transaction.held()});
    if (moves) workplace.tell({.kind = EventKind::switched, .migration = entry.id});
    return moves;
}

void record_broken(Workplace& workplace, InvariantAnswer const& answer) {
    auto const& connection = workplace.own();
    sqlite::WriteTransaction transaction{connection, workplace.wait()};
    ledger::forget_compared(connection, workplace.plan().name());
    workplace.audit(connection, "reconciliation failed", answer.migration,
                    "the invariant \"" + answer.name + "\" does not hold", 0, {});
    transaction.commit();
}

}  // namespace

std::int64_t Reconciliation::rows() const noexcept { return total(*this, &PairComparison::rows); }
std::int64_t Reconciliation::different() const noexcept { return total(*this, &PairComparison::different); }
std::int64_t Reconciliation::lossy() const noexcept { return total(*this, &PairComparison::lossy); }

ReconcileError::ReconcileError(Reconciliation found, std::vector<Mismatch> rows, std::string const& stopped)
    : Error{failure_of(found, rows, stopped)},
      told_{std::make_shared<Told const>(Told{std::move(found), std::move(rows)})} {}

Reconciliation reconcile(Workplace& workplace, ReconcileOptions const& options) {
    workplace.refuse_open_transaction("reconcile");
    auto const& plan = workplace.plan();
    auto const& connection = workplace.own();
    refuse_unexpanded(workplace, connection);
    auto const [state, standing, compiler] = look(workplace, connection);
    refuse_unfilled(state, plan);

    ComparisonRun run{workplace, "reconcile", options, ComparisonRun::Resumable::yes};
    std::vector<InvariantAnswer> answers;
    bool moved = false;
    auto const publish = [&] {
        if (moved) workplace.presence().publish(0);
    };
    for (auto position = standing.contracted; position < std::min(standing.expanded, plan.migrations().size());
         ++position) {
        auto const& entry = state.entries[position];
        auto const before = run.found();
        auto const start = std::chrono::steady_clock::now();
        auto const outcome = [&](Reconciliation const& after) {
            return Outcome{
                .rows = after.rows() - before.rows(),
                .different = after.different() - before.different(),
                .lossy = after.lossy() - before.lossy(),
                .duration = std::chrono::duration_cast<Microseconds>(std::chrono::steady_clock::now() - start)};
        };
        try {
            if (run.compare(compiler, entry) == ComparisonRun::Outcome::recorded) continue;
        } catch (ReconcileError const& error) {
            if (outcome(error.found()).different > 0)
                (void)record(workplace, entry, run.writes(), outcome(error.found()));
            publish();
            throw;
        } catch (Error const&) {
            publish();
            throw;
        }
        if (run.found().different() == before.different()) {
            try {
                auto asked = compare_invariants(connection, plan.migrations()[position], options.show_values);
                answers.insert(answers.end(), std::make_move_iterator(asked.begin()),
                               std::make_move_iterator(asked.end()));
            } catch (InvariantError const& error) {
                record_broken(workplace, error.answer());
                publish();
                throw;
            }
        }
        moved = record(workplace, entry, run.writes(), outcome(run.found())) || moved;
    }
    publish();
    if (ledger::any_compared(connection, plan.name())) {
        sqlite::WriteTransaction transaction{connection, workplace.wait()};
        ledger::forget_compared(connection, plan.name());
        transaction.commit();
    }
    if (run.found().different() > 0) throw ReconcileError{run.found(), run.rows()};
    auto found = run.found();
    found.invariants = std::move(answers);
    return found;
}

}  // namespace evolver
