#include "execute/postgresql/status.hpp"

#include "dialect/postgresql/sync.hpp"
#include "execute/workplace.hpp"
#include "ledger/postgresql/instances.hpp"
#include "ledger/postgresql/ledger.hpp"
#include "ledger/postgresql/rollout.hpp"
#include "ledger/postgresql/runs.hpp"

#include <algorithm>

namespace evolver::postgresql {

namespace {

/// `tables`: that the migration fills.
void add_backfills(Connection const& connection, std::string const& plan, ledger::Entry const& entry,
                   std::vector<std::string> tables, MigrationStatus& migration) {
    auto const run = ledger::run_of(connection, plan, entry.position);
    bool const halted = !entry.filled && (run.state == RunState::paused || run.state == RunState::stopped ||
                                          run.state == RunState::failed);
    for (auto const& begun : ledger::filled_tables(connection, plan, entry.position)) {
        if (std::ranges::find(tables, begun) == tables.end()) tables.push_back(begun);
    }
    for (auto const& table : tables) {
        auto const progress = ledger::filling_of(connection, plan, entry.position, table);
        if (!progress && !halted) continue;
        auto const so_far = progress.value_or(ledger::Filling{});
        BackfillStatus backfill{.table = table,
                                .state = halted            ? run.state
                                         : so_far.complete ? RunState::finished
                                                           : RunState::running,
                                .why = halted ? run.why : std::string{},
                                .rows = so_far.rows,
                                .batches = so_far.batches,
                                .skipped = std::ssize(ledger::skipped_rows(connection, plan, entry.position, table)),
                                .percent = so_far.complete ? 100.0 : 0.0};
        for (auto const& part : so_far.done) backfill.checkpoint += (backfill.checkpoint.empty() ? "" : ", ") + part;
        migration.rows_filled += so_far.rows;
        migration.batches += so_far.batches;
        migration.backfills.push_back(std::move(backfill));
    }
}

}  // namespace

Status status_of(Site& site) {
    Status status;
    auto const& plan = site.plan();
    auto const& connection = site.connection();
    site.patiently([&] {
        status = {};
        auto const state = ledger::read(connection, plan.name());
        status.floor_release = state.floor_release;
        status.expanded = state.entries.size() >= plan.migrations().size();
        if (!state.exists) {
            for (auto const& one : plan.migrations())
                status.migrations.push_back({.id = one.id.text(), .release = one.release.text()});
            return;
        }
        Transaction transaction{connection, site.options().lock_timeout};
        Blueprint const blueprint{plan, standing_of(state), connection, site.schema()};
        for (auto const& entry : state.entries) {
            auto const position = static_cast<std::size_t>(entry.position);
            MigrationStatus migration{.id = entry.id,
                                      .release = entry.release,
                                      .phase = entry.phase,
                                      .stage = entry.stage,
                                      .filled = entry.filled,
                                      .reconciled = entry.reconciled_at != 0,
                                      .lossy_rows = entry.lossy_rows,
                                      .known = position < plan.migrations().size()};
            auto const rollout = ledger::rollout_of(connection, plan.name(), entry.position);
            auto const by_plan = migration.known ? plan.migrations()[position].contract.held : std::string{};
            migration.held = !by_plan.empty() ? by_plan : rollout.held ? rollout.reason : std::string{};
            migration.held_by = !by_plan.empty() ? "the plan" : rollout.held ? rollout.actor : std::string{};
            migration.canary = rollout.canary;
            auto const legacy = ledger::legacy_of(connection, plan.name(), entry.position);
            migration.legacy_writes = legacy.writes;
            migration.last_legacy_write = legacy.last_at;
            std::vector<std::string> tables;
            if (migration.known && entry.phase == Phase::expanded) {
                for (auto const& open : blueprint.transforms(position)) tables.push_back(open.transform.table.text());
                for (auto const& open : blueprint.pairs(position)) {
                    auto const& table = open.pair.pair.table.text();
                    if (std::ranges::find(tables, table) == tables.end()) tables.push_back(table);
                    if (!open.pair.refilled && connection.text(sync_is_on(site.schema(), open.pair.pair.table)) != "t")
                        status.missing_triggers.push_back(open.pair.pair.table.text() + "." +
                                                          std::string{sync_trigger_name});
                }
            }
            add_backfills(connection, plan.name(), entry, std::move(tables), migration);
            status.migrations.push_back(std::move(migration));
        }
        for (auto position = state.entries.size(); position < plan.migrations().size(); ++position) {
            auto const& one = plan.migrations()[position];
            status.migrations.push_back({.id = one.id.text(), .release = one.release.text()});
        }
        for (auto const& one : instances_of(connection, plan.name()))
            status.instances.push_back({.release = one.release, .process = one.process});
        transaction.commit();
    });
    return status;
}

}  // namespace evolver::postgresql
