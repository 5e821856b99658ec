#include "execute/completion.hpp"

#include "dialect/sqlite/fill_sql.hpp"
#include "evolver/fleet/gate.hpp"
#include "execute/batch_loop.hpp"
#include "execute/judge.hpp"
#include "execute/standstill.hpp"
#include "execute/transform_run.hpp"
#include "ledger/rollout.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace evolver {

bool is_of_contract_alone(std::string_view gate) {
    constexpr std::array<std::string_view, 6> names{"lossless", "due", "held", "backup", "window", "approval"};
    return std::find(names.begin(), names.end(), gate) != names.end();
}

namespace {

/// Gives every row that lacks an old column its value.
sqlite::PhysicalTransform given_back(RelaxedColumn const& column) {
    return {.table = column.table,
            .set = {{column.column, column.down.empty() ? "NULL" : column.down}},
            // Not IS NULL: once the column is NOT NULL again, SQLite takes that for false without looking.
            .where = "typeof(" + sqlite::quoted(column.column.text()) + ") = 'null'"};
}

void refill(Workplace& workplace, std::vector<RelaxedColumn> const& columns, std::string const& id) {
    Pacer pacer;
    BatchLoop const loop{.call = "step_back"};
    for (auto const& column : columns) {
        TransformRun run{workplace, given_back(column)};
        run.look_for_left();
        (void)work_through(workplace, pacer, loop, run);
        if (run.left().empty()) continue;
        auto const object = column.table.text() + "." + column.column.text();
        throw HistoryError{
            Failure{.what = "Migration \"" + id + "\" cannot go back to NOT NULL: " + object + " of the row with " +
                            run.left() + " is NULL, and nothing computes it.",
                    .object = object,
                    .instead = "give it a value, then call step_back() again; programs write both shapes already",
                    .changed = Changed::partly}};
    }
}

bool stands_at(ledger::State const& state, std::size_t position, Stage stage) {
    return position < state.entries.size() && state.entries[position].phase == Phase::expanded &&
           state.entries[position].stage == stage;
}

}  // namespace

Stage complete_stage(Workplace& workplace, std::chrono::seconds soak, std::size_t position, StageOrder const& order) {
    auto const& connection = workplace.own();
    auto const& plan = workplace.plan();
    auto const& migration = plan.migrations()[position];
    auto const& id = migration.id.text();
    ContractOptions const options{.override_gates = order.override_gates};
    refuse_unknown(plan, options);
    Judge judge{workplace, soak, options};
    for (bool stale = true; stale;) {
        auto moment = look(workplace, connection, Drift::refused);
        for (auto earlier = moment.standing.contracted; earlier < position; ++earlier) {
            if (!moment.compiler.removes(earlier)) continue;
            throw HistoryError{Failure{.what = "Migration \"" + id + "\" cannot be at stage complete before \"" +
                                               plan.migrations()[earlier].id.text() + "\" is contracted.",
                                       .object = id,
                                       .instead = "contract() goes in the order of the plan"}};
        }
        auto const completion = moment.compiler.complete(position);
        workplace.foresee(moment.compiler);
        (void)at_standstill(workplace, {.look_around = [&] { judge.look_around(); }}, [&] {
            stale = connection.integer("PRAGMA schema_version") != moment.compiler.schema_version();
            auto const state = workplace.state(connection);
            if (stale || !stands_at(state, position, Stage::switched)) return;  // another operator was quicker
            auto closed = judge.at_standstill(state.entries[position]);
            std::erase_if(closed, [](Gate const& gate) { return gate.open || is_of_contract_alone(gate.name); });
            if (!closed.empty()) throw GateClosed{std::move(closed), "advance_stage()"};
            ledger::make_rollout(connection);
            Hop hop{.schema_before = workplace.schema_digest(connection), .steps = in_words(completion.steps)};
            (void)run_steps(completion.steps, connection);
            for (auto const& column : completion.relaxed)
                ledger::relax(connection, plan.name(),
                              {static_cast<std::int64_t>(position), column.table.text(), column.column.text()});
            ledger::move_stage(connection, plan.name(), static_cast<std::int64_t>(position), Stage::complete);
            ledger::release_hold(connection, plan.name(), static_cast<std::int64_t>(position));
            for (auto const& one : order.override_gates)
                workplace.audit(connection, "gate overridden", id, one.gate + ": " + one.reason, 0, {});
            hop.schema_after = workplace.schema_digest(connection);
            workplace.audit(connection, "stage complete", id, order.reason, 0, {}, std::move(hop));
        });
    }
    workplace.tell({.kind = EventKind::completed, .migration = id});
    return Stage::complete;
}

Stage step_back_from_complete(Workplace& workplace, std::size_t position, StageOrder const& order) {
    auto const& connection = workplace.own();
    auto const& plan = workplace.plan();
    auto const& id = plan.migrations()[position].id.text();
    (void)at_standstill(workplace, {}, [&] {
        ledger::make_rollout(connection);
        auto const state = workplace.state(connection);
        if (!stands_at(state, position, Stage::complete)) return;
        ledger::move_stage(connection, plan.name(), static_cast<std::int64_t>(position), Stage::switched);
        ledger::hold(connection, plan.name(), static_cast<std::int64_t>(position), order.reason, workplace.actor());
        workplace.audit(connection, "stage switched again", id, order.reason, 0, {});
    });
    // From here on everybody writes both shapes: a row that lacks the old one is one of those that are there now, or is written by hand. Where
    // the schema changes meanwhile, and a VACUUM counts as that, hidden rowids may be others: the rows are looked at from the start.
    std::vector<RelaxedColumn> columns;
    for (bool stale = true; stale;) {
        auto const moment = look(workplace, connection);
        columns = moment.compiler.refillable();
        refill(workplace, columns, id);
        workplace.foresee(moment.compiler);
        (void)at_standstill(workplace, {.of_statements = false}, [&] {
            stale = connection.integer("PRAGMA schema_version") != moment.compiler.schema_version();
            if (stale) return;
            Hop hop{.schema_before = workplace.schema_digest(connection),
                    .steps = in_words(moment.compiler.restoring())};
            (void)run_steps(moment.compiler.restoring(), connection);
            ledger::forget_relaxed(connection, plan.name(), static_cast<std::int64_t>(position));
            hop.schema_after = workplace.schema_digest(connection);
            workplace.audit(connection, "old columns filled again", id, order.reason, 0, {}, std::move(hop));
        });
    }
    // What came in behind the last batch: now nothing comes any more.
    refill(workplace, columns, id);
    workplace.tell({.kind = EventKind::stepped_back, .migration = id, .message = order.reason});
    return Stage::switched;
}

void refuse_rewrite_of_relaxed(Standing const& standing, std::vector<Step> const& steps) {
    for (auto const& relaxed : standing.relaxed) {
        auto const text = "name = " + sqlite::literal(relaxed.table.text());
        for (auto const& step : steps) {
            bool const rewrites = std::ranges::any_of(step.sql, [&](std::string const& sql) {
                return sql.starts_with("UPDATE sqlite_schema SET sql") && sql.find(text) != std::string::npos;
            });
            if (!rewrites) continue;
            throw HistoryError{Failure{.what = "\"" + step.what + "\" writes the text of table " +
                                               relaxed.table.text() + " anew, of which " + relaxed.column.text() +
                                               " accepts NULL because its migration is at stage complete.",
                                       .object = relaxed.table.text(),
                                       .instead = "contract() that migration first, or step_back()"}};
        }
    }
}

}  // namespace evolver
