#include "execute/seal.hpp"

#include "execute/judge.hpp"
#include "execute/standstill.hpp"
#include "ledger/rollout.hpp"

#include <chrono>
#include <cstdint>
#include <utility>

namespace evolver {

void refuse_unknown_overrides(std::vector<Override> const& overridden) {
    for (auto const& one : overridden) {
        bool const known = one.gate == contract_gates::instances.name || one.gate == contract_gates::processes.name;
        if (known && !one.reason.empty()) continue;
        throw PlanError{
            Failure{.what = known ? "The override of gate \"" + one.gate + "\" has no reason."
                                  : "A backfill waits at no gate \"" + one.gate + "\" that could be overridden.",
                    .object = one.gate,
                    .instead = known ? "say why, for the audit trail" : "gates that can be: instances, processes"}};
    }
}

Sealing seal(Workplace& workplace, std::size_t position, std::vector<Override> const& overridden) {
    auto const& connection = workplace.own();
    auto const& plan = workplace.plan();
    auto const& migration = plan.migrations()[position];
    auto const number = static_cast<std::int64_t>(position);
    if (migration.sync == Sync::triggers || ledger::is_sealed(connection, plan.name(), number)) return {};
    ContractOptions const options{.override_gates = overridden};
    Judge judge{workplace, std::chrono::seconds{0}, options};
    auto const closed = [&](ledger::State const& state) {
        auto gates = judge.of_older_releases(state.entries[position]);
        std::erase_if(gates, [](Gate const& gate) { return gate.open; });
        return gates;
    };
    judge.look_around();
    if (auto gates = closed(workplace.state(connection)); !gates.empty())
        return {.closed = std::move(gates)};  // nobody has to stand still for that
    std::vector<Gate> found;
    bool sealed = false;
    auto const work = [&] {
        auto const state = workplace.state(connection);
        bool const stands = state.entries.size() > position && state.entries[position].phase == Phase::expanded;
        if (!stands || ledger::is_sealed(connection, plan.name(), number)) return;  // another process was quicker
        found = closed(state);
        if (!found.empty()) return;
        ledger::seal(connection, plan.name(), number, {.position = state.floor, .release = state.floor_release});
        ledger::raise_floor(connection, plan.name(), static_cast<std::int64_t>(plan.position_of(migration.release)),
                            migration.release.text());
        for (auto const& one : overridden)
            workplace.audit(connection, "gate overridden", migration.id.text(), one.gate + ": " + one.reason, 0, {});
        workplace.audit(connection, "older releases kept out", migration.id.text(),
                        "no trigger carries what they would write", 0, {});
        sealed = true;
    };
    try {
        (void)at_standstill(workplace, {.wait = std::chrono::milliseconds{0}}, work);
    } catch (Error const& error) {
        if (!error.retry_helps()) throw;
        return {.busy = error.what()};
    }
    if (sealed)
        workplace.tell({.kind = EventKind::step,
                        .migration = migration.id.text(),
                        .object = "keep releases before " + migration.release.text() + " out"});
    return {.closed = std::move(found)};
}

}  // namespace evolver
