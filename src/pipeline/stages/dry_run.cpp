#include "execute/approval_check.hpp"
#include "execute/contract.hpp"
#include "execute/expand.hpp"
#include "execute/reconcile.hpp"
#include "fleet/gates/gates.hpp"
#include "pipeline/stages/stages.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace evolver {

namespace {

constexpr char const* rehearsed = "a rehearsal on a copy";

void note_facts(Work const& work, Workplace& workplace) {
    auto& run = work.run;
    auto moment = look(workplace, workplace.given());
    run.migrations.clear();
    run.change = run.expands = ChangeClass::additive;
    auto const& plan = work.plan;
    for (auto position = moment.standing.expanded; position < plan.migrations().size(); ++position)
        run.migrations.push_back(plan.migrations()[position].id.text());
    while (moment.compiler.standing().expanded < plan.migrations().size()) {
        auto const position = moment.compiler.standing().expanded;
        auto const compiled = moment.compiler.expand();
        run.expands = std::max(run.expands, change_of(plan.migrations()[position], !compiled.fills.empty()));
        run.change = std::max(run.change, run.expands);
        if (moment.compiler.removes(position)) run.change = ChangeClass::destructive;
    }
}

void refuse_findings(Work const& work, std::vector<Finding> const& findings) {
    if (!work.options.fail_on) return;
    std::string found;
    std::string object;
    for (auto const& finding : findings) {
        if (finding.severity > *work.options.fail_on) continue;
        // The first stands in the first line, which is all that a summary shows.
        found += fmt::format("{}{} {}: {}", found.empty() ? " " : "\n  ", finding.rule, finding.object, finding.what);
        if (object.empty()) object = finding.object;
    }
    if (found.empty()) return;
    throw StageFailed{Failure{
        .what = "Lint has found what a pipeline does not pass over:" + found,
        .object = object,
        .instead =
            "do what the findings say instead; or accept them in the migration, with a reason: .accept = {{.rule = "
            "\"…\", .object = \"…\", .reason = \"…\"}}"}};
}

/// Everything that only a person could open is open on a copy.
ContractOptions rehearsal(Work const& work, Workplace& workplace) {
    ContractOptions options{.speed = Speed::full, .stop = work.recorder.token()};
    for (auto const* condition : contract_gates::all()) {
        if (condition->overriding == contract_gates::Overriding::by_name)
            options.override_gates.push_back({std::string{condition->name}, rehearsed});
    }
    for (auto const& migration : workplace.plan().migrations()) {
        auto const given = std::ranges::find_if(
            work.options.accept_loss, [&](AcceptedLoss const& one) { return one.migration == migration.id.text(); });
        options.accept_loss.push_back(
            given != work.options.accept_loss.end() ? *given : AcceptedLoss{migration.id.text(), rehearsed});
    }
    return options;
}

void rehearse_on_copy(Work const& work) {
    auto const site = Site::open_copy(work.dry_copy, work.crew);
    auto& workplace = site.workplace();
    auto& recorder = work.recorder;
    recorder.merge(expand(workplace));
    fill_copy(work, workplace);
    recorder.stage().backfills = backfills_of(workplace);
    auto const found = reconcile(
        workplace, {.speed = Speed::full, .stop = recorder.token(), .most_differences = work.options.most_differences});
    recorder.stage().comparisons = found.pairs;
    recorder.stage().invariants = found.invariants;
    for (auto const& pair : found.pairs) {
        if (pair.lossy == 0) continue;
        recorder.stage().warnings.push_back(
            fmt::format("{}: in {} rows of {} the new shape cannot give back the old value ({}); contract will ask for "
                        ".accept_loss",
                        pair.migration, pair.lossy, pair.table, pair.columns));
    }
    recorder.stage().gates = gates(workplace, work.options.soak, {});
    recorder.stage().schema_after = schema_digest(workplace.own());
    if (recorder.stage().gates.empty()) return;  // nothing is open
    recorder.say("rehearses contract");
    recorder.merge(contract(workplace, work.options.soak, rehearsal(work, workplace)));
}

}  // namespace

Verdict dry_run(Work& work) {
    auto& recorder = work.recorder;
    auto const source = recorder.step("open " + work.source + " for reading only",
                                      [&] { return Site::look_at(work.source, work.crew); });
    auto& workplace = source.workplace();
    auto& stage = recorder.stage();
    note_facts(work, workplace);
    stage.schema_before = schema_digest(source.connection());
    work.run.schema_before = stage.schema_before;
    auto const report = rehearse(workplace);
    stage.estimates = report.estimates;
    stage.findings = report.findings;
    // The session that was looked at is evolver's own: what the application's waits and enforces, nobody can tell from here.
    std::erase_if(stage.findings, [](Finding const& finding) {
        return finding.rule == "lock-timeout-missing" || finding.rule == "sqlite-fk-off";
    });
    refuse_findings(work, stage.findings);
    CopyKept const copy{work.dry_copy};
    make_copy(work, source.connection(), work.dry_copy);
    rehearse_on_copy(work);
    // What the rehearsal without rows says and the one with rows has not said.
    for (auto const& warning : report.warnings) {
        if (std::ranges::find(stage.warnings, warning) == stage.warnings.end()) stage.warnings.push_back(warning);
    }
    return {};
}

}  // namespace evolver
