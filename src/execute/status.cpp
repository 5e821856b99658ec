#include "execute/status.hpp"

namespace evolver {

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
                                     .known = static_cast<std::size_t>(entry.position) < plan.migrations().size()});
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
