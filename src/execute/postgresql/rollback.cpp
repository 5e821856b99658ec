#include "execute/postgresql/rollback.hpp"

#include "dialect/postgresql/render.hpp"
#include "evolver/fleet/gate.hpp"
#include "evolver/ledger/ledger_error.hpp"
#include "execute/postgresql/seal.hpp"
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

/// Programs write the new shape only, and there is no trigger: what they have written since is not in the old one.
void refuse_left_behind(ledger::Entry const& entry, Plan const& plan) {
    auto const& migration = plan.migrations()[static_cast<std::size_t>(entry.position)];
    if (entry.stage != Stage::complete || migration.sync == Sync::triggers) return;
    throw HistoryError{Failure{.what = "The contract of \"" + entry.id +
                                       "\" has begun, and nobody has filled its old shape since: there is no trigger.",
                               .object = entry.id,
                               .instead = "call contract() again: it goes on"}};
}

bool stands(ledger::State const& state, std::string const& migration) {
    return std::ranges::any_of(state.entries, [&](ledger::Entry const& one) { return one.id == migration; });
}

/// From here on programs of this release write and read the old shape only, as before expand; the trigger goes on filling the new one. Only when all of
/// them do, which the next move waits for, can the new columns go: a statement that names them would fail.
void leave_the_new_shape(Site& site, std::string const& migration) {
    auto const& plan = site.plan();
    auto const move_to = [&](Stage stage, std::string const& why) {
        site.patiently(
            [&] {
                auto const state = site.state();
                auto const position = last_expanded(state, plan, migration);
                if (state.entries[position].stage == Stage::off) return;
                site.lease().renew();
                HandOver move{.what = "rollback of " + migration};
                move.work = [&] {
                    auto const& connection = site.roster().connection();
                    ledger::take_pen(connection, plan.name());
                    auto const now = ledger::read(connection, plan.name());
                    (void)last_expanded(now, plan, migration);
                    refuse_left_behind(now.entries[position], plan);
                    ledger::move_stage(connection, plan.name(), static_cast<std::int64_t>(position), stage);
                    site.audit(connection, {.plan = {},
                                            .event = "stage " + std::string{name_of(stage)},
                                            .migration = migration,
                                            .detail = why});
                };
                (void)hand_over(site.roster(), move);
                site.count_commit();
            },
            site.longest_silence());
    };
    auto const position = last_expanded(site.look(), plan, migration);
    // Who writes the old shape only, and who reads the bare new one, must not meet where no trigger carries it over.
    if (plan.migrations()[position].sync == Sync::application) move_to(Stage::dual, "its rollback is due");
    move_to(Stage::off, "rollback begins");
}

/// It was refused after all: programs write both shapes again.
void give_up(Site& site, std::string const& migration) {
    auto const& plan = site.plan();
    site.patiently([&] {
        Transaction transaction{site.connection(), site.options().lock_timeout};
        ledger::take_pen(site.connection(), plan.name());
        auto const state = site.state();
        if (!stands(state, migration)) return;
        auto const position = last_expanded(state, plan, migration);
        if (state.entries[position].stage != Stage::off) return;
        ledger::move_stage(site.connection(), plan.name(), static_cast<std::int64_t>(position), Stage::dual);
        unsettle(site, site.connection(), position);
        site.audit(
            site.connection(),
            {.plan = {}, .event = "stage dual again", .migration = migration, .detail = "the rollback was refused"});
        transaction.commit();
    });
}

}  // namespace

void refuse_begun_rollback(ledger::Entry const& entry) {
    if (entry.phase != Phase::expanded || entry.stage != Stage::off) return;
    throw HistoryError{Failure{.what = "A rollback of \"" + entry.id + "\" has begun, and has not ended.",
                               .object = entry.id,
                               .instead = "rollback() again; or advance_stage(), which keeps the migration"}};
}

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
        refuse_left_behind(state.entries[last_expanded(state, plan, options.migration)], plan);
        refuse_drift(site);
        // First beside writers: most of what there is to refuse is seen before anything is moved.
        Blueprint const blueprint{plan, standing_of(state), site.connection(), site.schema()};
        auto const lost = lost_with(blueprint, site.connection());
        if (!lost.empty() && !is_accepted) refuse(lost);
    });
    leave_the_new_shape(site, options.migration);
    auto const remove = [&] {
        auto const state = site.state();
        if (done && !stands(state, options.migration)) return;  // the answer was lost, and it was a yes
        auto const position = last_expanded(state, plan, options.migration);
        site.lease().renew();  // who moves has acknowledged the last move himself
        HandOver move{.what = "rollback of " + options.migration};
        move.work = [&] {
            auto const& connection = site.roster().connection();
            ledger::take_pen(connection, plan.name());
            auto const now = ledger::read(connection, plan.name());
            (void)last_expanded(now, plan, options.migration);
            if (now.entries[position].stage != Stage::off) {
                throw HistoryError{Failure{.what = "Somebody has moved \"" + options.migration +
                                                   "\" forward while its rollback waited: it stays.",
                                           .object = options.migration,
                                           .instead = "rollback() again"}};
            }
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
    };
    try {
        site.patiently(remove, site.longest_silence());
    } catch (GateClosed const&) {
        give_up(site, options.migration);
        throw;
    }
    site.tell({.kind = EventKind::rolled_back, .migration = options.migration});
    return report;
}

}  // namespace evolver::postgresql
