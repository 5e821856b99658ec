#include "execute/usage.hpp"

#include "ledger/ledger.hpp"
#include "ledger/usage.hpp"

#include <algorithm>

namespace evolver {

namespace {

/// The releases before the migration's that live right now: it was one of them, or a program that does not register.
std::string older_releases(Reporter const& reporter, ledger::Entry const& entry) {
    auto const releases = reporter.plan.releases();
    auto const label = Presence::plan_label(reporter.plan.name());
    std::string names;
    auto const alive = reporter.presence.instances();
    for (auto const& release : releases) {
        if (release.text() == entry.release) break;
        bool const lives = std::ranges::any_of(alive, [&](Instance const& instance) {
            return instance.plan == label && instance.release == release.text();
        });
        if (lives) names += (names.empty() ? "" : ", ") + release.text();
    }
    return names;
}

}  // namespace

bool hand_in_usage(sqlite::Connection const& connection, Reporter const& reporter,
                   std::vector<FallbackCount> const& reads) {
    auto const& plan = reporter.plan.name();
    auto const known = [&] {
        sqlite::ReadTransaction const snapshot{connection};
        auto const state = ledger::read(connection, plan);
        bool news = !reads.empty();
        for (auto const& entry : state.entries) {
            if (entry.phase == Phase::expanded)
                news = news || ledger::unnoted_legacy_writes(connection, plan, entry.position) > 0;
        }
        return std::pair{state.exists, news};
    }();
    if (!known.first) return false;
    if (!known.second) return true;
    sqlite::WriteTransaction transaction{connection, reporter.wait};
    ledger::make_usage(connection);
    auto const state = ledger::read(connection, plan);
    for (auto const& entry : state.entries) {
        if (entry.phase != Phase::expanded) continue;
        if (auto const writes = ledger::unnoted_legacy_writes(connection, plan, entry.position); writes > 0) {
            ledger::add_usage(connection, plan, entry.position,
                              {.kind = std::string{ledger::legacy_write},
                               .release = older_releases(reporter, entry),
                               .day = {},
                               .uses = writes,
                               .last_at = ledger::legacy_of(connection, plan, entry.position).last_at});
        }
        for (auto const& count : reads) {
            if (count.migration != static_cast<std::size_t>(entry.position)) continue;
            ledger::add_usage(connection, plan, entry.position,
                              {.kind = std::string{ledger::fallback_read},
                               .release = reporter.release,
                               .day = {},
                               .uses = static_cast<std::int64_t>(count.reads)});
        }
    }
    transaction.commit();
    return true;
}

}  // namespace evolver
