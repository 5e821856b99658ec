#include "cli/advice.hpp"

#include "evolver/evolver.hpp"
#include "evolver/pipeline/approval.hpp"
#include "ledger/approvals.hpp"
#include "observe/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

namespace evolver::cli {

namespace {

/// The run of its backfill that does not run by itself, or is under way.
BackfillStatus const* open_backfill(MigrationStatus const& migration) {
    auto const found = std::ranges::find_if(migration.backfills,
                                            [](BackfillStatus const& one) { return one.state != RunState::finished; });
    return found == migration.backfills.end() ? nullptr : &*found;
}

std::string progress_of(BackfillStatus const& run) {
    auto text = fmt::format("filling {}: {:.0f} %, {}", run.table, run.percent, counted(run.rows, "row"));
    if (run.rows_per_second > 0) text += ", " + counted(whole_of(run.rows_per_second), "row") + " a second";
    if (run.seconds_left > 0) {
        text += ", about " + words_of(std::chrono::microseconds{whole_of(run.seconds_left * 1e6)}) + " left";
    }
    return text;
}

std::string first_line(std::string const& text) { return text.substr(0, text.find('\n')); }

Advice on_backfill(MigrationStatus const& migration, Tool const& tool) {
    auto const* const run = open_backfill(migration);
    auto const start = tool.command("backfill start");
    if (run == nullptr) return {"expanded, not filled yet", start, Tone::careful};
    auto const resume = tool.command("backfill resume");
    switch (run->state) {
        case RunState::failed:
            return {"expanded, a batch of its backfill has failed: " + first_line(run->why),
                    tool.command("resolve show"), Tone::bad};
        case RunState::paused: return {"expanded, its backfill is paused: " + run->why, resume, Tone::careful};
        case RunState::stopped: return {"expanded, its backfill is stopped: " + run->why, resume, Tone::careful};
        case RunState::held: return {"expanded, its backfill waits: " + run->why, start, Tone::careful};
        case RunState::planned:
        case RunState::running:
        case RunState::finished: break;
    }
    return {"expanded, " + progress_of(*run), start, Tone::careful};
}

Advice on_gates(MigrationStatus const& migration, std::vector<Gate> const& gates, Tool const& tool) {
    std::string closed;
    bool needs_comparison = false;
    bool has_old_shape = false;
    bool only_approval = true;
    for (auto const& gate : gates) {
        has_old_shape = has_old_shape || (gate.migration == migration.id && gate.name == "reconciliation");
        if (gate.migration != migration.id || gate.open) continue;
        closed += (closed.empty() ? "" : ", ") + gate.name;
        needs_comparison = needs_comparison || gate.name == "reconciliation";
        only_approval = only_approval && gate.name == "approval";
    }
    auto const stage = fmt::format("expanded, {}", name_of(migration.stage));
    if (needs_comparison) {
        auto const since = migration.legacy_writes > 0 && migration.stage != Stage::dual
                               ? ", written to by older releases since it was compared"
                               : ", not compared yet";
        return {stage + since, tool.command("reconcile"), Tone::careful};
    }
    // Contract closes it in passing, with the next one that has something to remove.
    if (closed.empty() && !has_old_shape) return {"expanded, with nothing to remove", "", Tone::good};
    if (closed.empty()) return {stage + ", the old shape may go", tool.command("contract run --yes"), Tone::good};
    return {stage + ", waits before contract: " + closed,
            tool.command(only_approval ? "approve --change destructive --reason 'why'" : "gates"), Tone::careful,
            !only_approval};
}

}  // namespace

Advice advice_on(MigrationStatus const& migration, std::vector<Gate> const& gates, Tool const& tool) {
    if (!migration.known) return {"of a newer release, which this plan does not know", "", Tone::faint};
    if (migration.phase == Phase::planned) return {"planned", tool.command("expand"), Tone::plain};
    if (migration.phase == Phase::contracted) return {"contracted", "", Tone::good};
    if (!migration.filled) return on_backfill(migration, tool);
    if (!migration.held.empty()) {
        auto const by = migration.held_by.empty() ? "" : " by " + migration.held_by;
        return {fmt::format("expanded, {}, held{}: {}", name_of(migration.stage), by, migration.held),
                tool.command("rollout release --migration " + migration.id), Tone::careful, true};
    }
    return on_gates(migration, gates, tool);
}

Standpoint standpoint_of(Tool& tool) {
    auto& evolver = tool.evolver();
    Standpoint found{.status = evolver.status(), .gates = {}};
    bool const expanded = std::ranges::any_of(found.status.migrations, [](MigrationStatus const& migration) {
        return migration.phase == Phase::expanded && migration.known;
    });
    if (expanded) found.gates = evolver.gates();
    return found;
}

Advice first_advice(Standpoint const& standpoint, Tool const& tool) {
    if (!standpoint.status.missing_triggers.empty())
        return {"triggers of open migrations are missing", tool.command("backfill start"), Tone::bad};
    std::optional<Advice> waiting;
    for (auto const& migration : standpoint.status.migrations) {
        auto advice = advice_on(migration, standpoint.gates, tool);
        if (advice.command.empty()) continue;
        if (!advice.waits) return advice;
        if (!waiting) waiting = std::move(advice);
    }
    if (waiting) return *waiting;
    return {"every migration is at its end", "", Tone::good};
}

int approvals_missing(Tool& tool, ChangeClass change, std::string const& executor) {
    auto const policy = approval_policy(tool.database(), tool.plan()).value_or(ApprovalPolicy{});
    std::set<std::string> by;
    for (auto const& one : approvals(tool.database(), tool.plan(), executor)) {
        if (one.alive && one.approval.change >= change) by.insert(one.approval.approver);
    }
    return std::max(0, ledger::needed(policy, change) - static_cast<int>(by.size()));
}

void tell_next(Tool& tool) {
    try {
        auto const advice = first_advice(standpoint_of(tool), tool);
        if (!advice.command.empty()) tool.out().hint("next: " + advice.command);
    } catch (Error const&) {
        // The work is done, and has been told; what is next, `status` says, or why it cannot.
    }
}

}  // namespace evolver::cli
