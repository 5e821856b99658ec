#include "execute/postgresql/run_control.hpp"

#include "evolver/ledger/ledger_error.hpp"
#include "execute/workplace.hpp"
#include "ledger/postgresql/ledger.hpp"
#include "ledger/postgresql/runs.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

namespace evolver::postgresql {

namespace {

struct Order {
    std::string_view call;
    RunState to;  ///< `failed`: it stays so, and its rows are skipped.
    std::string_view event;
    RunOrder const& said;
};

[[noreturn]] void refuse(Order const& order, std::string const& object, std::string const& why, std::string instead) {
    throw HistoryError{Failure{.what = std::string{order.call} + "() was refused: " + why + ".",
                               .object = object,
                               .instead = std::move(instead)}};
}

ledger::Entry meant(Site const& site, ledger::State const& state, Order const& order) {
    auto const known = site.plan().migrations().size();
    auto const& wanted = order.said.migration;
    auto const found = std::ranges::find_if(state.entries, [&](ledger::Entry const& entry) {
        if (wanted) return wanted->text() == entry.id;
        return entry.phase == Phase::expanded && !entry.filled && static_cast<std::size_t>(entry.position) < known;
    });
    if (found != state.entries.end()) return *found;
    refuse(order, site.plan().name(),
           wanted ? "migration \"" + wanted->text() + "\" is not expanded"
                  : std::string{"every migration that is expanded is filled"},
           "status() lists what is filled, and how far");
}

/// Returns how many rows are skipped.
std::int64_t give(Site& site, Order const& order) {
    auto const& plan = site.plan().name();
    if (site.look().entries.empty()) refuse_unknown_plan(plan, plan);
    if (order.said.reason.empty() && order.to != RunState::running)
        refuse(order, plan, "no reason was given",
               std::string{order.call} + "({.reason = \"…\"}): it goes into the audit trail");
    bool const skips = order.to == RunState::failed;
    std::int64_t rows = 0;
    site.patiently([&] {
        rows = 0;
        auto const& connection = site.connection();
        // Behind it only batches wait, and it has to outlast the one that is under way.
        constexpr std::chrono::seconds longer_than_a_batch{2};
        Transaction transaction{connection,
                                std::max<std::chrono::milliseconds>(longer_than_a_batch, site.options().lock_timeout)};
        ledger::make_runs(connection);
        auto entry = meant(site, site.state(), order);
        for (std::int64_t held = -1; held != entry.position;) {
            held = entry.position;
            ledger::hold_run(connection, plan, held);
            // It may have been filled, or taken back, while the batch was waited for: then the next one is meant.
            entry = meant(site, site.state(), order);
        }
        auto now = ledger::run_of(connection, plan, entry.position).state;
        if (entry.phase != Phase::expanded || entry.filled) now = RunState::finished;
        if (now == order.to && !skips) return;
        if (order.to == RunState::running && now == RunState::planned) return;
        if (skips ? now != RunState::failed : !ledger::may_move(now, order.to))
            refuse(order, entry.id, "the backfill of \"" + entry.id + "\" is " + std::string{name_of(now)},
                   now == RunState::failed ? "resume_backfill(), or skip_failed_rows({.reason = \"…\"}) first"
                                           : "status() says where it stands");
        if (skips) rows = ledger::skip_failed_rows(connection, plan, entry.position, order.said.reason);
        if (order.to == RunState::running) {
            if (order.said.batches == Batches::halved) ledger::halve_batches(connection, plan, entry.position);
            ledger::forget_failed_rows(connection, plan, entry.position);
        }
        if (!skips)
            ledger::move_run(connection, plan, entry.position,
                             {.state = order.to, .why = order.said.reason, .actor = site.options().actor});
        site.audit(connection, {.plan = {},
                                .event = std::string{order.event},
                                .migration = entry.id,
                                .detail = order.said.reason,
                                .rows = rows});
        transaction.commit();
        site.count_commit();
    });
    return rows;
}

}  // namespace

void pause_backfill(Site& site, RunOrder const& order) {
    (void)give(site, {"pause_backfill", RunState::paused, "backfill paused", order});
}
void stop_backfill(Site& site, RunOrder const& order) {
    (void)give(site, {"stop_backfill", RunState::stopped, "backfill stopped", order});
}
void resume_backfill(Site& site, RunOrder const& order) {
    (void)give(site, {"resume_backfill", RunState::running, "backfill resumed", order});
}
std::int64_t skip_failed_rows(Site& site, RunOrder const& order) {
    return give(site, {"skip_failed_rows", RunState::failed, "rows skipped", order});
}

}  // namespace evolver::postgresql
