#include "execute/expand.hpp"

#include "dialect/sqlite/index_sql.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "execute/approval_check.hpp"
#include "execute/completion.hpp"
#include "execute/estimate.hpp"
#include "execute/hazards.hpp"
#include "execute/invariants.hpp"
#include "execute/mend.hpp"
#include "execute/rules.hpp"
#include "ledger/figures.hpp"

#include <algorithm>
#include <optional>

namespace evolver {

namespace {

/// Contract, tried on the clone: what stands in its way is better known now than on the day.
void rehearse_contract(Compiler& compiler, Report& report) {
    try {
        while (compiler.standing().contracted < compiler.standing().expanded) (void)compiler.contract();
    } catch (Error const& error) {
        report.warnings.push_back(std::string{"contract would fail as things stand: "} + error.what());
    }
}

void add_estimates(sqlite::Connection const& live, Compiler const& compiler, Plan const& plan, double correction,
                   Report& report) {
    auto more = estimates(live, compiler, plan, correction);
    report.estimates.insert(report.estimates.end(), std::make_move_iterator(more.begin()),
                            std::make_move_iterator(more.end()));
}

/// The migration's steps, its ledger entry and its audit row, as one transaction. False: somebody else has done it meanwhile.
bool commit_expand(Workplace& workplace, Compiled const& compiled, Report& report) {
    auto const& connection = workplace.own();
    auto const& plan = workplace.plan();
    auto const& migration = plan.migrations()[compiled.position];
    InvariantsAround invariants{connection, migration, InvariantsAround::Steps::of_expand, report};
    sqlite::WriteTransaction transaction{connection, workplace.wait()};
    auto const standing = standing_of(workplace.state(connection));
    if (standing.expanded != compiled.position) return false;
    refuse_rewrite_of_relaxed(standing, compiled.steps);
    refuse_unapproved(workplace, connection, change_of(migration, !compiled.fills.empty()), migration.id.text(),
                      "Expand");
    auto const schema_before = workplace.schema_digest(connection);
    ledger::create(connection, plan.name());
    invariants.before_steps();
    auto const taken = run_steps(compiled.steps, connection);
    invariants.after_steps();
    for (auto const& counter : compiled.counters) {
        ledger::make_legacy_counter(connection, plan.name(), static_cast<std::int64_t>(compiled.position),
                                    counter.table, counter.id);
    }
    for (auto const& estimate : report.estimates) {
        if (estimate.migration == migration.id.text())
            ledger::expect(connection, plan.name(), static_cast<std::int64_t>(compiled.position), estimate);
    }
    bool const filled = compiled.fills.empty() && !compiled.has_filled_steps;
    ledger::expanded(connection, plan, compiled.position, Phase::expanded, Stage::dual, filled);
    std::int64_t planned_rows = 0;
    for (auto const& estimate : report.estimates) {
        if (estimate.migration == migration.id.text()) planned_rows += estimate.rows;
    }
    workplace.audit(connection, "expand", migration.id.text(), migration.summary, 0, transaction.held(),
                    {.schema_before = schema_before,
                     .schema_after = workplace.schema_digest(connection),
                     .planned_rows = planned_rows,
                     .lock_wait = transaction.waited(),
                     .steps = in_words(compiled.steps),
                     .warnings = compiled.warnings});
    for (auto const& accepted : migration.accept) {
        if (accepted.reason.empty()) continue;
        workplace.audit(connection, "finding accepted", migration.id.text(),
                        accepted.rule + " " + accepted.object + ": " + accepted.reason, 0, {});
    }
    transaction.commit();
    tell_steps(workplace, compiled.steps, taken);
    workplace.tell({.kind = EventKind::expanded,
                    .migration = migration.id.text(),
                    .duration = transaction.held(),
                    .waited = transaction.waited()});
    return true;
}

}  // namespace

bool nothing_to_expand(Workplace& workplace) {
    auto const& plan = workplace.plan();
    // Present first, floor second: contract looks for instances after it has told them to stand still, so one of the two sees the other.
    std::optional<Presence::Use> use;
    if (!workplace.present().at_rest()) use.emplace(workplace.presence().use(workplace.wait()));
    auto const seen = ledger::glance(workplace.given(), plan);
    return seen.ledger && seen.floor <= static_cast<std::int64_t>(workplace.release_position()) && seen.expanded;
}

Report expand(Workplace& workplace) {
    Report report;
    if (nothing_to_expand(workplace)) return report;
    auto const& plan = workplace.plan();
    (void)workplace.state(
        workplace.given());  // a history that does not fit is told first, also to a session that may only read
    workplace.refuse_open_transaction("expand");
    // From here on by evolver's own connection: an open rowset holds the session to what was there before.
    auto const& connection = workplace.own();
    ledger::refuse_other_name(connection, plan);
    mend_sync(workplace);
    for (auto drift = Drift::refused;; drift = Drift::allowed) {
        auto moment = look(workplace, connection, drift);
        if (moment.standing.expanded >= plan.migrations().size()) break;
        auto& compiler = moment.compiler;
        compiler.watch_statements();
        // All that is pending is compiled before the first of it runs: a mistake in the last migration leaves the first unwritten, too.
        std::vector<Compiled> pending;
        report.estimates.clear();
        while (compiler.standing().expanded < plan.migrations().size()) {
            workplace.foresee(compiler);
            pending.push_back(compiler.expand());
            add_estimates(connection, compiler, plan, 1, report);
        }
        workplace.foresee(compiler);
        report.warnings.clear();
        for (auto const& compiled : pending)
            report.warnings.insert(report.warnings.end(), compiled.warnings.begin(), compiled.warnings.end());
        for (auto const& left_out : compiler.left_out()) report.warnings.push_back("not rehearsed: " + left_out);
        rehearse_contract(compiler, report);
        for (auto const& compiled : pending) {
            auto const why = compiled.adopts ? sqlite::adoption_refused(workplace.given()) : std::string{};
            if (!why.empty()) {
                auto const& id = plan.migrations()[compiled.position].id.text();
                throw PlanError{Failure{
                    .what = "Migration \"" + id + "\" cannot build an index online: " + why + ".",
                    .object = id,
                    .instead = "run it in a maintenance window, and say so in the operation: .lock = Lock::in_window"}};
            }
        }
        for (auto const& compiled : pending)
            measure(connection, compiled, plan.migrations()[compiled.position].id.text(), report.warnings);

        for (auto const& compiled : pending) {
            if (!commit_expand(workplace, compiled, report)) break;  // another process is at work: look again
            report.steps.insert(report.steps.end(), compiled.steps.begin(), compiled.steps.end());
        }
        workplace.presence().publish(0);
    }
    for (auto const& warning : report.warnings) workplace.tell({.kind = EventKind::warning, .message = warning});
    return report;
}

Report rehearse(Workplace& workplace) {
    auto const& plan = workplace.plan();
    auto moment = look(workplace, workplace.given(), Drift::refused);
    auto const standing = moment.standing;
    auto& compiler = moment.compiler;
    compiler.watch_statements();
    ledger::refuse_other_name(workplace.given(), plan);
    Report report{.rehearsed = true};
    auto const correction = ledger::correction(workplace.given(), plan.name());
    while (compiler.standing().expanded < plan.migrations().size()) {
        auto const compiled = compiler.expand();
        add_estimates(workplace.given(), compiler, plan, correction, report);
        measure(workplace.given(), compiled, plan.migrations()[compiled.position].id.text(), report.warnings);
        report.steps.insert(report.steps.end(), compiled.steps.begin(), compiled.steps.end());
        report.warnings.insert(report.warnings.end(), compiled.warnings.begin(), compiled.warnings.end());
        if (compiled.has_filled_steps) {
            auto const after = compiler.filled(compiled.position);
            report.steps.insert(report.steps.end(), after.steps.begin(), after.steps.end());
        }
    }
    for (auto const& left_out : compiler.left_out()) report.warnings.push_back("not rehearsed: " + left_out);
    rehearse_contract(compiler, report);
    warn_of_code(plan, standing, report.warnings);
    report.findings = look_for_hazards(workplace, workplace.given());
    std::erase_if(report.findings, [](Finding const& finding) { return finding.severity == Severity::info; });
    return report;
}

}  // namespace evolver
