#include "execute/mend.hpp"

#include "dialect/sqlite/joined.hpp"

#include <fmt/format.h>

namespace evolver {

void mend_sync(Workplace& workplace) {
    auto const& plan = workplace.plan();
    auto const& connection = workplace.own();
    auto const standing = standing_of(workplace.state(connection));
    if (standing.contracted == standing.expanded) return;
    if (look(workplace, connection).compiler.mend().missing.empty()) return;
    auto const warn = [&](std::vector<std::string> const& missing, std::string_view what) {
        workplace.tell({.kind = EventKind::warning,
                        .message = fmt::format("sync triggers had been dropped ({}){}; what was written meanwhile may "
                                               "have reached one shape only: reconcile() names such rows",
                                               sqlite::joined(missing, ", "), what)});
    };
    if (standing.expanded > plan.migrations().size()) {
        return warn(look(workplace, connection).compiler.mend().missing,
                    ", and only the newest release's plan can put them back");
    }
    sqlite::WriteTransaction transaction{connection, workplace.wait()};
    auto const now = standing_of(workplace.state(connection));
    auto const mend = look(workplace, connection).compiler.mend();
    if (mend.missing.empty()) return;  // somebody else was quicker
    (void)run_steps(mend.steps, connection);
    for (auto position = now.contracted; position < now.expanded; ++position)
        ledger::forget_reconciled(connection, plan.name(), static_cast<std::int64_t>(position));
    workplace.audit(connection, "sync mended", plan.migrations()[now.expanded - 1].id.text(),
                    sqlite::joined(mend.missing, ", "), 0, transaction.held());
    transaction.commit();
    warn(mend.missing, ", and are back");
}

}  // namespace evolver
