#include "execute/postgresql/rollback.hpp"

#include "dialect/postgresql/render.hpp"
#include "evolver/fleet/gate.hpp"
#include "evolver/ledger/ledger_error.hpp"
#include "execute/workplace.hpp"
#include "fleet/hand_over.hpp"
#include "ledger/postgresql/ledger.hpp"

#include <algorithm>

namespace evolver::postgresql {

namespace {

std::size_t last_expanded(ledger::State const& state, Plan const& plan, std::string const& migration) {
    auto const refuse = [&](std::string what, std::string instead) {
        throw HistoryError{Failure{.what = std::move(what), .object = migration, .instead = std::move(instead)}};
    };
    auto const found =
        std::ranges::find_if(state.entries, [&](ledger::Entry const& entry) { return entry.id == migration; });
    if (found == state.entries.end())
        refuse("Migration \"" + migration + "\" is not expanded: there is nothing to take back.",
               "status() lists the migrations");
    if (found->phase == Phase::contracted)
        refuse("Migration \"" + migration + "\" is contracted: its old shape is gone.",
               "go forward with a new migration, or restore a backup");
    if (found + 1 != state.entries.end())
        refuse("Migration \"" + migration + "\" is not the last that is expanded: \"" + state.entries.back().id +
                   "\" builds on it.",
               "roll back \"" + state.entries.back().id + "\" first");
    if (static_cast<std::size_t>(found->position) >= plan.migrations().size())
        refuse("This plan does not know migration \"" + migration + "\".",
               "roll back with the plan of the release that brought it");
    return static_cast<std::size_t>(found->position);
}

std::string lost_with(Blueprint const& blueprint, Connection const& connection) {
    std::string lost;
    for (auto const& [query, words] : blueprint.losses()) {
        auto const count = connection.integer(query);
        if (count > 0) lost += (lost.empty() ? "" : ", ") + std::to_string(count) + " " + words;
    }
    return lost;
}

}  // namespace

Report rollback(Site& site, RollbackOptions const& options) {
    auto const& plan = site.plan();
    auto const accepted = std::ranges::find_if(options.accept_loss, [&](AcceptedLoss const& one) {
        return one.migration == options.migration && !one.reason.empty();
    });
    bool const is_accepted = accepted != options.accept_loss.end();
    auto const refuse = [&](std::string const& lost) {
        throw GateClosed{{{"lossless", options.migration, false,
                           "rolling back would lose " + lost + "; accept that by name: .accept_loss = {{\"" +
                               options.migration + "\", \"<reason>\"}}"}},
                         "Rollback"};
    };
    Report report;
    bool done = false;
    site.patiently([&] {
        auto const state = site.state();
        if (done &&
            std::ranges::none_of(state.entries, [&](ledger::Entry const& one) { return one.id == options.migration; }))
            return;  // the answer was lost, and it was a yes
        auto const position = last_expanded(state, plan, options.migration);
        {
            // First beside writers: most of what there is to refuse is seen without keeping anybody out.
            Blueprint const blueprint{plan, standing_of(state), site.connection(), site.schema()};
            auto const lost = lost_with(blueprint, site.connection());
            if (!lost.empty() && !is_accepted) refuse(lost);
        }
        site.lease().renew();
        HandOver move{.what = "rollback of " + options.migration};
        move.work = [&] {
            auto const& connection = site.roster().connection();
            ledger::take_pen(connection, plan.name());
            auto const now = ledger::read(connection, plan.name());
            (void)last_expanded(now, plan, options.migration);
            Blueprint const blueprint{plan, standing_of(now), connection, site.schema()};
            auto const compiled = blueprint.undo();
            for (auto const& table : compiled.tables) connection.run(lock_table(site.schema(), table));
            auto const lost = lost_with(blueprint, connection);
            if (!lost.empty() && !is_accepted) refuse(lost);
            run_steps(compiled.steps, connection);
            ledger::rolled_back(connection, plan.name(), static_cast<std::int64_t>(position));
            site.audit(connection, {.plan = {},
                                    .event = "rollback",
                                    .migration = options.migration,
                                    .detail = lost.empty() ? "" : "accepted: " + accepted->reason + " (" + lost + ")",
                                    .steps = in_words(compiled.steps)});
            report.steps = compiled.steps;
            done = true;
        };
        (void)hand_over(site.roster(), move);
        site.count_commit();
    });
    site.tell({.kind = EventKind::rolled_back, .migration = options.migration});
    return report;
}

}  // namespace evolver::postgresql
