#include "execute/rollback.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "evolver/execute/compare_databases.hpp"
#include "evolver/fleet/gate.hpp"
#include "execute/expand.hpp"
#include "execute/reconcile.hpp"
#include "ledger/audit.hpp"
#include "pipeline/stages/stages.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace evolver {

namespace {

/// The migrations that are open and of this run, the last one first: in the order in which they are taken back. Where that was asked for:
/// all that are open.
std::vector<std::string> to_take_back(Work const& work, ledger::State const& state) {
    std::vector<std::string> all;
    bool const every = work.options.taken_back == TakenBack::all_open;
    for (auto const& entry : state.entries) {
        bool const of_run = std::ranges::find(work.run.migrations, entry.id) != work.run.migrations.end();
        if ((of_run || every) && entry.phase == Phase::expanded) all.push_back(entry.id);
    }
    std::ranges::reverse(all);
    return all;
}

/// Why the migration says itself that there is no way back; empty where it does not.
std::string irreversible(Plan const& plan, std::string const& id) {
    for (auto const& migration : plan.migrations()) {
        if (migration.id.text() != id) continue;
        for (auto const& accepted : migration.accept) {
            if (accepted.rule == "irreversible-undeclared" && !accepted.reason.empty()) return accepted.reason;
        }
    }
    return {};
}

/// Why rows may be others than before the migration, though the way back is right; empty where nothing explains that.
std::string explains_other_rows(Work const& work) {
    for (auto const& migration : work.plan.migrations()) {
        if (std::ranges::find(work.run.migrations, migration.id.text()) == work.run.migrations.end()) continue;
        for (auto const& operation : migration.operations) {
            auto const* const fill = std::get_if<Backfill>(&operation);
            if (fill != nullptr)
                return "migration \"" + migration.id.text() + "\" changes values of " + fill->table.text() +
                       " in place, which are kept nowhere";
        }
    }
    auto const state = work.site->workplace().state(work.site->workplace().own());
    for (auto const& entry : state.entries) {
        bool const of_run = std::ranges::find(work.run.migrations, entry.id) != work.run.migrations.end();
        if (!of_run && entry.phase == Phase::expanded)
            return "migration \"" + entry.id + "\" was open when the run began, and may have been filled in it";
    }
    std::string mended;
    ledger::read_audit(work.site->workplace().own(), 0, [&](AuditEntry const& entry) {
        bool const failed = entry.event == "stage ended" && entry.detail.find(" failed") != std::string::npos;
        if (entry.run == work.run.id && failed) mended = "a stage has failed before, and somebody has mended rows";
    });
    return mended;
}

/// Takes one migration back, on a copy. True: what only the new shape held is lost by that, which is told.
bool take_back(Work const& work, Workplace& workplace, std::string const& id) {
    try {
        work.recorder.merge(rollback(workplace, {.migration = id, .accept_loss = {}}));
        return false;
    } catch (GateClosed const& closed) {
        work.recorder.stage().warnings.push_back(id + ": " + closed.gates().at(0).reason);
    }
    auto const given =
        std::ranges::find_if(work.options.accept_loss, [&](AcceptedLoss const& one) { return one.migration == id; });
    auto const accepted = given != work.options.accept_loss.end() ? *given : AcceptedLoss{id, "tried on a copy"};
    work.recorder.stage().accepted_losses.push_back(accepted);
    work.recorder.merge(rollback(workplace, {.migration = id, .accept_loss = {accepted}}));
    return true;
}

DatabaseDifference compared(Work const& work, std::string const& before, std::string const& after) {
    work.recorder.look();
    return compare_databases(before, after, {.stop = work.recorder.token()});
}

/// What both databases have, table by table and column by column, has to be the same.
void refuse_lost_rows(Work const& work) {
    auto const difference = compared(work, work.expanded_copy, work.undone_copy);
    std::string lost;
    for (auto const& table : difference.tables) {
        if (!table.equal)
            lost += fmt::format("\n  table {}: {} changed, {} missing, {} extra", table.table, table.changed,
                                table.missing, table.extra);
    }
    if (lost.empty()) return;
    throw StageFailed{Failure{.what = "The way back has changed rows of the old shape:" + lost,
                              .object = work.undone_copy,
                              .instead = "mend the undo of the migration that did it, then begin a new run"}};
}

void refuse_other_schema(std::string const& wanted, std::string const& found, std::string const& what) {
    if (wanted == found) return;
    throw StageFailed{
        Failure{.what = "The way back does not lead back: the schema's digest was " + wanted + " " + what +
                        ", and is " + found + " now.",
                .instead = "mend the undo of the migration that leaves something behind, then begin a new run"}};
}

}  // namespace

Verdict test_rollback(Work& work) {
    auto& recorder = work.recorder;
    auto& stage = recorder.stage();
    auto& worked = work.site->workplace();
    auto const ids = to_take_back(work, worked.state(worked.own()));
    if (ids.empty()) return {StageOutcome::skipped, "the run has brought no migration that could be taken back"};
    for (auto const& id : ids) {
        if (auto const why = irreversible(work.plan, id); !why.empty())
            return {StageOutcome::skipped, "migration \"" + id + "\" says that there is no way back: " + why};
    }

    // On copies, also on staging: what is compared must not move, and a way back that fails must not leave a database half on its way.
    CopyKept const expanded{work.expanded_copy};
    CopyKept const undone{work.undone_copy};
    make_copy(work, worked.own(), work.expanded_copy);
    {
        auto const full = Site::open_copy(work.expanded_copy, work.crew);
        make_copy(work, full.connection(), work.undone_copy);
        stage.schema_before = schema_digest(full.connection());
        stage.data_before = data_digest(work, full.connection());
    }
    auto const site = Site::open_copy(work.undone_copy, work.crew);
    auto& workplace = site.workplace();
    bool loses = false;
    for (auto const& id : ids) loses = take_back(work, workplace, id) || loses;
    recorder.step("compare with before", [&] {
        // What was open when the run began has been brought from a schema that nobody has seen here.
        if (work.options.taken_back == TakenBack::what_was_brought)
            refuse_other_schema(work.run.schema_before, schema_digest(workplace.own()), "when the run began");
        refuse_lost_rows(work);
        auto const& migration = work.run.at(PipelineStage::migration);
        // Only a copy that nobody else writes to holds the rows of then.
        if (!is_staging_copy(work.options) || migration.data_before.empty()) return;
        if (work.options.taken_back == TakenBack::all_open) return;
        if (data_digest(work, workplace.own()) == migration.data_before) return;
        if (auto const why = explains_other_rows(work); !why.empty()) {
            stage.warnings.push_back("tables hold other rows than before the migration: " + why);
            return;
        }
        throw StageFailed{
            Failure{.what = "The way back does not lead back: tables hold other rows than before the migration.",
                    .object = work.undone_copy,
                    .instead = "mend the undo of the migration, then begin a new run; where somebody has "
                               "written to the staging database meanwhile, begin one as it is"}};
    });
    recorder.say("forward again");
    recorder.merge(expand(workplace));
    fill_copy(work, workplace);
    (void)reconcile(workplace, {.speed = Speed::full, .stop = recorder.token()});
    recorder.step("compare with the migrated database", [&] {
        stage.schema_after = schema_digest(workplace.own());
        stage.data_after = data_digest(work, workplace.own());
        refuse_other_schema(stage.schema_before, stage.schema_after, "before the way back");
        if (stage.data_before == stage.data_after) return;
        auto const difference = compared(work, work.expanded_copy, work.undone_copy);
        if (loses) {
            stage.warnings.push_back("what only the new shape held did not come back on the way forward:\n" +
                                     difference.text());
            return;
        }
        throw StageFailed{Failure{
            .what = "Forward again does not lead to where it led before:\n" + difference.text(),
            .object = work.undone_copy,
            .instead = "look for an expression whose value depends on when it is computed, or on the order of rows"}};
    });
    return {};
}

}  // namespace evolver
