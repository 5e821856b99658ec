#include "execute/status.hpp"

#include "dialect/sqlite/fill_sql.hpp"
#include "ledger/figures.hpp"
#include "ledger/rollout.hpp"
#include "ledger/runs.hpp"
#include "ledger/usage.hpp"

#include <algorithm>

namespace evolver {

namespace {

/// How far the key of a checkpoint is between the first and the bound, in percent; nothing where keys are no numbers.
std::optional<double> percent_of_keys(sqlite::Connection const& connection, std::string const& table,
                                      std::vector<sqlite::Value> const& owner) {
    auto const key = sqlite::row_key(connection, table);
    if (key.columns.size() != 1) return std::nullopt;
    auto const column = sqlite::quoted(key.columns[0].text());
    auto share = connection.prepare(
        "SELECT 100.0 * (done - first) / nullif(bound - first, 0) FROM (SELECT done, bound, (SELECT CASE WHEN done <= "
        "bound THEN least ELSE greatest END FROM (SELECT (SELECT min(" +
        column + ") FROM " + sqlite::quoted(table) + ") AS least, (SELECT max(" + column + ") FROM " +
        sqlite::quoted(table) +
        ") AS greatest)) AS first FROM evolver_checkpoint WHERE plan = ?1 AND position = ?2 AND table_name = ?3) WHERE "
        "typeof(done) = 'integer' AND typeof(bound) = 'integer' AND typeof(first) = 'integer'");
    int parameter = 0;
    for (auto const& value : owner) share.bind(++parameter, value);
    if (!share.step() || share.is_null(0)) return std::nullopt;
    return std::clamp(share.real(0), 0.0, 100.0);
}

double percent_of(sqlite::Connection const& connection, BackfillStatus const& run,
                  std::vector<sqlite::Value> const& owner) {
    if (auto const percent = percent_of_keys(connection, run.table, owner)) return *percent;
    auto const total = sqlite::estimated_rows(connection, run.table);
    return total > 0 ? std::min(100.0, 100.0 * static_cast<double>(run.rows) / static_cast<double>(total)) : 0;
}

std::string checkpoint_of(sqlite::Connection const& connection, std::vector<sqlite::Value> const& owner) {
    return connection.text(
        "SELECT coalesce(group_concat(key, ', '), '') FROM (SELECT quote(done) AS key FROM evolver_checkpoint WHERE "
        "plan = ?1 AND position = ?2 AND table_name = ?3 AND done IS NOT NULL ORDER BY part)",
        owner);
}

std::vector<BackfillStatus> backfills_of(sqlite::Connection const& connection, std::string const& plan,
                                         ledger::Entry const& entry) {
    std::vector<BackfillStatus> all;
    auto const run = ledger::has_runs(connection) ? ledger::run_of(connection, plan, entry.position) : ledger::Run{};
    auto rows = connection.prepare(
        "SELECT table_name, state, rows, batches, started_at, updated_at FROM evolver_backfill WHERE plan = ?1 AND "
        "position = ?2 ORDER BY table_name");
    rows.bind(1, std::string_view{plan}).bind(2, entry.position);
    while (rows.step()) {
        BackfillStatus one{.table = rows.text(0), .rows = rows.integer(2), .batches = rows.integer(3)};
        std::vector<sqlite::Value> const owner{plan, entry.position, one.table};
        one.last_batch_at = rows.integer(5);
        if (rows.text(1) == "finished" || entry.filled) {
            one.state = RunState::finished;
            one.percent = 100;
        } else {
            one.state = run.state == RunState::planned ? RunState::running : run.state;
            if (one.state != RunState::running) one.why = run.why;
            try {
                one.percent = percent_of(connection, one, owner);
            } catch (Error const&) {
                one.percent = 0;  // the table was taken away by hand: expand() and contract() say so
            }
            one.checkpoint = checkpoint_of(connection, owner);
        }
        if (run.state != RunState::planned)
            one.skipped = ledger::skipped_rows(connection, plan, entry.position, one.table);
        // As doubles: whoever has tampered with the ledger may have written any two numbers.
        auto const seconds =
            std::max(1.0, static_cast<double>(one.last_batch_at) - static_cast<double>(rows.integer(4)));
        one.rows_per_second = static_cast<double>(one.rows) / seconds;
        if (auto const figures = ledger::figures_of(connection, plan, entry.position, one.table)) {
            one.work = figures->work;
            one.longest_lock = figures->longest;
            one.expected = figures->expected;
            one.expected.migration = entry.id;
        }
        if (one.percent > 0) one.seconds_left = seconds * (100 - one.percent) / one.percent;
        all.push_back(std::move(one));
    }
    if (all.empty() && !entry.filled && run.state != RunState::planned)
        all.push_back({.table = {}, .state = run.state, .why = run.why});
    return all;
}

}  // namespace

Status status_of(Workplace& workplace) {
    auto const& connection = workplace.given();
    auto const& plan = workplace.plan();
    auto const state = workplace.state(connection);
    Status status{.expanded = state.entries.size() >= plan.migrations().size(),
                  .floor_release = state.floor_release,
                  .migrations = {},
                  .instances = {}};
    for (auto const& entry : state.entries) {
        std::vector<sqlite::Value> const owner{plan.name(), entry.position};
        auto const total = [&](std::string const& column) {
            return connection.integer(
                "SELECT CAST(total(" + column + ") AS INTEGER) FROM evolver_backfill WHERE plan = ?1 AND position = ?2",
                owner);
        };
        auto const legacy = ledger::legacy_of(connection, plan.name(), entry.position);
        status.migrations.push_back({.id = entry.id,
                                     .release = entry.release,
                                     .phase = entry.phase,
                                     .stage = entry.stage,
                                     .filled = entry.filled,
                                     .rows_filled = total("rows"),
                                     .batches = total("batches"),
                                     .reconciled = entry.reconciled_at > 0 && entry.reconciled_writes == legacy.writes,
                                     .lossy_rows = entry.lossy_rows,
                                     .legacy_writes = legacy.writes,
                                     .last_legacy_write = legacy.last_at,
                                     .backfills = backfills_of(connection, plan.name(), entry),
                                     .known = static_cast<std::size_t>(entry.position) < plan.migrations().size()});
        auto& told = status.migrations.back();
        auto const rollout = ledger::rollout_of(connection, plan.name(), entry.position);
        auto const by_plan =
            told.known ? plan.migrations()[static_cast<std::size_t>(entry.position)].contract.held : std::string{};
        if (!by_plan.empty()) {
            told.held = by_plan;
            told.held_by = "the plan";
        } else if (rollout.held) {
            told.held = rollout.reason;
            told.held_by = rollout.actor;
        }
        told.canary = rollout.canary;
        for (auto const& row : ledger::mismatched_rows(connection, plan.name(), entry.position))
            told.mismatched.push_back(row.table + " " + row.key);
        for (auto const& use : ledger::usage_of(connection, plan.name(), entry.position))
            told.usage.push_back({use.kind, use.release, use.day, use.uses, use.last_at});
    }
    for (auto position = state.entries.size(); position < plan.migrations().size(); ++position) {
        auto const& migration = plan.migrations()[position];
        status.migrations.push_back({.id = migration.id.text(), .release = migration.release.text()});
    }
    for (auto const& instance : workplace.presence().instances()) {
        status.instances.push_back({.release = instance.release, .process = instance.process, .own = instance.own});
    }
    auto const standing = standing_of(state);
    if (standing.contracted < standing.expanded) {
        try {
            status.missing_triggers = look(workplace, connection).compiler.mend().missing;
        } catch (PlanError const&) {
            // The schema was changed under an open migration: expand() and contract() say in which way.
            status.missing_triggers.clear();
        }
    }
    return status;
}

}  // namespace evolver
