#include "execute/postgresql/seal.hpp"

#include "dialect/postgresql/render.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "execute/workplace.hpp"
#include "fleet/gates/gates.hpp"
#include "fleet/hand_over.hpp"
#include "ledger/postgresql/instances.hpp"
#include "ledger/postgresql/ledger.hpp"
#include "ledger/postgresql/rollout.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace evolver::postgresql {

namespace {

std::string first_line(Error const& error) {
    std::string const words = error.what();
    return words.substr(0, words.find('\n'));
}

/// The tables that the migration fills: from here to the end of the transaction nobody is in the middle of writing to them.
void wait_for_writers_of(Site const& site, Connection const& connection, ledger::State const& state,
                         std::size_t position) {
    Blueprint const blueprint{site.plan(), standing_of(state), connection, site.schema()};
    for (auto const& open : blueprint.pairs(position))
        connection.run(wait_for_writers(site.schema(), open.pair.pair.table));
}

}  // namespace

Sealing seal(Site& site, std::size_t position, std::vector<Override> const& overridden) {
    auto const& plan = site.plan();
    auto const& migration = plan.migrations()[position];
    auto const& id = migration.id.text();
    auto const at = static_cast<std::int64_t>(position);
    if (migration.sync == Sync::triggers || ledger::is_sealed(site.connection(), plan.name(), at)) return {};
    Sealing result;
    bool sealed = false;
    HandOver move{.what = "The backfill of \"" + id + "\"",
                  .floor = static_cast<std::int64_t>(plan.position_of(migration.release)),
                  .older_may_live = std::ranges::any_of(
                      overridden, [](Override const& one) { return one.gate == contract_gates::instances.name; })};
    move.work = [&] {
        auto const& connection = site.roster().connection();
        ledger::take_pen(connection, plan.name());
        auto const state = ledger::read(connection, plan.name());
        bool const stands = state.entries.size() > position && state.entries[position].phase == Phase::expanded;
        if (!stands || ledger::is_sealed(connection, plan.name(), at)) return;  // another process was quicker
        if (state.entries[position].stage == Stage::off) {
            throw Error{Failure{.what = "A rollback of \"" + id + "\" has begun: nothing is filled meanwhile.",
                                .object = id,
                                .instead = "rollback() again; or advance_stage(), which keeps the migration",
                                .retry = Retry::helps}};
        }
        wait_for_writers_of(site, connection, state, position);
        ledger::seal(connection, plan.name(), at, {.position = state.floor, .release = state.floor_release});
        for (auto const& one : overridden)
            site.audit(
                connection,
                {.plan = {}, .event = "gate overridden", .migration = id, .detail = one.gate + ": " + one.reason});
        site.audit(connection, {.plan = {},
                                .event = "older releases kept out",
                                .migration = id,
                                .detail = "no trigger carries what they would write"});
        sealed = true;
    };
    constexpr int attempts = 2;
    for (int attempt = 1;; ++attempt) {
        result = {};
        try {
            (void)hand_over(site.roster(), move);
            break;
        } catch (GateClosed const& error) {
            result.closed = error.gates();
            for (auto& gate : result.closed) gate.migration = id;
            return result;
        } catch (EngineError const&) {
            throw;
        } catch (Error const& error) {
            if (!error.retry_helps()) throw;
            if (attempt == attempts) return {.closed = {}, .busy = first_line(error)};
        }
        // This instance, too, has to learn of the last move, and then to acknowledge it.
        site.lease().renew();
        site.lease().renew();
    }
    site.count_commit();
    if (sealed)
        site.tell({.kind = EventKind::step,
                   .migration = id,
                   .object = "keep releases before " + migration.release.text() + " out"});
    return result;
}

void unsettle(Site const& site, Connection const& connection, std::size_t position) {
    auto const& plan = site.plan();
    if (plan.migrations()[position].sync == Sync::triggers) return;
    ledger::fill_anew(connection, plan.name(), static_cast<std::int64_t>(position));
    raise_epoch(connection, plan.name());
}

}  // namespace evolver::postgresql
