#include "cli/advice.hpp"
#include "cli/duration.hpp"
#include "cli/pipeline_lines.hpp"
#include "cli/verbs.hpp"
#include "evolver/observe/metrics.hpp"
#include "evolver/pipeline/approval.hpp"
#include "observe/words.hpp"
#include "pipeline/next_step.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>

namespace evolver::cli {

namespace {

struct Said {
    std::string watch = {};
    std::int64_t looks = 0;
};

std::size_t widest(Status const& status, std::string MigrationStatus::*member) {
    std::size_t width = 0;
    for (auto const& migration : status.migrations) width = std::max(width, (migration.*member).size());
    return width;
}

/// Bytes that wait in the WAL; nothing where there is none.
std::int64_t wal_bytes(Tool const& tool) {
    std::error_code error;
    auto const size = std::filesystem::file_size(tool.database() + "-wal", error);
    return error ? 0 : static_cast<std::int64_t>(size);
}

void count(Tool& tool, Status const& status) {
    auto* const metrics = tool.metrics();
    if (metrics == nullptr) return;
    auto const now = std::chrono::duration_cast<std::chrono::seconds>(tool.now().time_since_epoch()).count();
    for (auto const& migration : status.migrations) {
        if (migration.phase != Phase::expanded) continue;
        for (auto const& run : migration.backfills) {
            Metrics::Labels const where{{"migration", migration.id}, {"table", run.table}};
            metrics->record("evolver.backfill.progress", run.percent / 100, where);
            auto const lag = run.state == RunState::finished ? 0 : std::max<std::int64_t>(0, now - run.last_batch_at);
            metrics->record("evolver.backfill.lag", static_cast<double>(lag), where);
        }
    }
}

/// By as many as have to, for what the run would do to production.
bool is_approved(Tool& tool, PipelineRun const& run) { return approvals_missing(tool, run.expands, tool.actor()) == 0; }

/// Staging has shown the change, and production has not got it: it waits for an approval, or for whoever brings it.
Advice after_staging(PipelineRun const& run, Tool& tool) {
    bool const approved = is_approved(tool, run);
    auto const says = fmt::format(
        "pipeline run {} has passed on staging{}", run.id,
        approved ? ", and is approved" : ", and waits for an approval by somebody else than " + tool.actor());
    return {says,
            approved ? tool.command("pipeline run --production" + fail_on(run)) : next_command(run.next, run, tool),
            Tone::careful};
}

/// The stage in which a run has come to its end, or is, and why; empty where it is at none.
std::string where_it_stands(PipelineRun const& run) {
    auto const found =
        std::ranges::find_if(run.stages, [&](StageRecord const& record) { return record.outcome == run.outcome; });
    if (found == run.stages.end()) return {};
    auto why = found->failure ? found->failure->what : found->why;
    why = why.substr(0, why.find('\n'));
    return fmt::format(" in the stage {}{}{}", name_of(found->stage), why.empty() ? "" : ": ", why);
}

/// The newest run of this plan that was asked for all stages.
std::optional<PipelineRun> newest_whole(Tool& tool) {
    for (auto& run : pipeline_runs(tool.database())) {
        if (run.plan_digest == tool.plan().digest() && is_whole(run)) return std::move(run);
    }
    return std::nullopt;
}

/// A database that asks for approvals is not simply expanded: staging shows the change first.
Advice advice_on_policy(Tool& tool) {
    if (!approval_policy(tool.database(), tool.plan())) return {};
    return {"the database asks for approvals, and no run on staging has shown this change",
            tool.command("pipeline run"), Tone::careful};
}

/// What the newest run of the pipeline waits for; nothing where it is of another plan, or at its end.
Advice advice_on_run(Tool& tool, bool expanded) {
    PipelineStatus found;
    try {
        found = pipeline_status(tool.database());
    } catch (Error const&) {
        return {};  // a connection string, or a file that is none: no pipeline has worked on it
    }
    // A rehearsal alone, as for a runbook, is over with its end: what was there before it still waits.
    if (found.run && found.run->outcome == StageOutcome::passed && !is_whole(*found.run))
        found.run = newest_whole(tool);
    bool const shown = found.run && found.run->plan_digest == tool.plan().digest();
    // What staging had to show is over, too, once the change is there.
    if (expanded && (!shown || found.run->environment == Environment::staging)) return {};
    if (!shown) return advice_on_policy(tool);
    auto const& run = *found.run;
    if (run.outcome == StageOutcome::passed)
        return run.next.kind == NextStep::Kind::approve && !expanded ? after_staging(run, tool) : Advice{};
    auto says = fmt::format("pipeline run {} on {}: {}", run.id, run.environment_name, name_of(run.outcome));
    says += where_it_stands(run);
    if (run.outcome == StageOutcome::running && !found.alive) says += ", and its process is gone";
    if (!found.paused.empty()) says += ", paused: " + found.paused;
    if (found.next.kind == NextStep::Kind::approve && is_approved(tool, run))
        return {says + ", and approved since", tool.command("pipeline resume " + run.id), Tone::careful};
    return {says, next_command(found.next, run, tool), Tone::careful};
}

/// The trail is read from its first row to its last, which a look that is taken again and again leaves out.
enum class Trail { verified, taken_as_it_is };

void show(Tool& tool, Standpoint const& standpoint, Trail trail) {
    auto& out = tool.out();
    auto const& status = standpoint.status;
    auto const ids = widest(status, &MigrationStatus::id);
    auto const releases = widest(status, &MigrationStatus::release);
    out.answer(fmt::format("{}: {}{}", out.toned(Tone::strong, tool.plan().name()),
                           status.expanded ? "every migration is expanded" : "not every migration is expanded",
                           status.floor_release.empty()
                               ? ""
                               : ", the oldest release that can use the database is " + status.floor_release));
    for (auto const& migration : status.migrations) {
        auto const advice = advice_on(migration, standpoint.gates, tool);
        out.answer(fmt::format("  {:<{}}  {:<{}}  {}", migration.id, ids, migration.release, releases,
                               out.toned(advice.tone, advice.says)));
        if (!advice.command.empty()) out.detail("      next: " + advice.command);
        out.record("migration", {{"id", migration.id},
                                 {"release", migration.release},
                                 {"phase", name_of(migration.phase)},
                                 {"stage", name_of(migration.stage)},
                                 {"filled", migration.filled},
                                 {"rows_filled", migration.rows_filled},
                                 {"reconciled", migration.reconciled},
                                 {"lossy_rows", migration.lossy_rows},
                                 {"legacy_writes", migration.legacy_writes},
                                 {"held", migration.held},
                                 {"known", migration.known},
                                 {"says", advice.says},
                                 {"next", advice.command}});
    }
    for (auto const& trigger : status.missing_triggers)
        out.warning("the trigger " + trigger + " is missing: the next backfill or expand puts it back");
    auto const others = std::ranges::count_if(status.instances, [](LiveInstance const& one) { return !one.own; });
    auto line = counted(others, "instance") + " beside this one";
    std::int64_t longest = 0;
    for (auto const& migration : status.migrations) {
        for (auto const& run : migration.backfills) longest = std::max<std::int64_t>(longest, run.longest_lock.count());
    }
    if (longest > 0) line += ", the longest lock of a batch " + words_of(std::chrono::microseconds{longest});
    if (auto const bytes = wal_bytes(tool); bytes > 0) line += ", " + words_of_bytes(bytes) + " in the WAL";
    out.answer(line);
    auto next = first_advice(standpoint, tool);
    if (auto const waits = advice_on_run(tool, status.expanded); !waits.says.empty()) {
        out.answer(out.toned(waits.tone, waits.says));
        if (!waits.command.empty() && !next.command.empty()) next = waits;
    }
    std::optional<std::string> broken;
    if (trail == Trail::verified) broken = tool.evolver().verify_audit();
    if (broken) {
        out.warning("the audit trail is not what evolver has written: " + *broken +
                    "; the work can go on all the same. See " + tool.command("audit verify"));
    }
    out.answer(next.command.empty() ? out.toned(Tone::good, next.says) : "next: " + next.command);
    out.record("summary", {{"verb", "status"},
                           {"plan", tool.plan().name()},
                           {"expanded", status.expanded},
                           {"floor", status.floor_release},
                           {"instances", std::int64_t{others}},
                           {"longest_lock_microseconds", longest},
                           {"wal_bytes", wal_bytes(tool)},
                           {"trail", broken.value_or("")},
                           {"next", next.command}});
    count(tool, status);
}

/// True: somebody has stopped the watch.
bool wait_for_stop(std::stop_token const& stop, std::chrono::milliseconds time) {
    std::mutex mutex;
    std::condition_variable_any wakes;
    std::unique_lock lock{mutex};
    return wakes.wait_for(lock, stop, time, [&] { return stop.stop_requested(); });
}

ExitCode watch(Tool& tool, Said const& said) {
    auto const pause = duration_of(said.watch, "--watch");
    bool const clears = tool.out().style().terminal && !tool.out().style().json;
    for (std::int64_t look = 1;; ++look) {
        auto const standpoint = standpoint_of(tool);
        if (clears) tool.out().raw("\x1b[H\x1b[2J");
        tool.out().answer(words_of(tool.now()));
        show(tool, standpoint, look == 1 ? Trail::verified : Trail::taken_as_it_is);
        if (!tool.out().is_read() || look == said.looks || wait_for_stop(tool.stop(), pause)) return ExitCode::done;
    }
}

}  // namespace

void add_status(Verbs& verbs) {
    auto const said = std::make_shared<Said>();
    auto& verb = verbs.add({.name = "status",
                            .summary = "Where each migration stands, and the command that is next",
                            .examples = {{"status", ""},
                                         {"status --watch", "again every two seconds, until Ctrl-C"},
                                         {"--json status", "for programs"}}});
    verb.add_option("--watch", said->watch, "Again and again, with so long between")
        ->expected(0, 1)
        ->default_str("2s")
        ->type_name("TIME");
    verb.add_option("--looks", said->looks, "With --watch: ends after so many")->check(CLI::PositiveNumber);
    verbs.runs(verb, [said, &verb](Tool& tool) {
        if (verb.count("--watch") > 0) return watch(tool, *said);
        show(tool, standpoint_of(tool), Trail::verified);
        return ExitCode::done;
    });
}

}  // namespace evolver::cli
