#include "evolver/pipeline/pipeline.hpp"

#include "dialect/sqlite/online_copy.hpp"
#include "evolver/ledger/ledger_error.hpp"
#include "evolver/version.hpp"
#include "execute/approval_check.hpp"
#include "ledger/audit.hpp"
#include "ledger/pipeline_runs.hpp"
#include "pipeline/failure_of.hpp"
#include "pipeline/next_step.hpp"
#include "pipeline/runs.hpp"
#include "pipeline/stages/stages.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <utility>

#include <unistd.h>

namespace evolver {

namespace {

/// The database beside which the run's file lies: what the dry run reads.
std::string source_of(PipelineOptions const& options) {
    bool const given = options.environment == Environment::staging && options.staging_is == Staging::given;
    return given ? options.staging : options.database;
}

std::string worked_on(PipelineOptions const& options) {
    if (options.environment == Environment::production) return options.database;
    return options.staging.empty() ? options.database + "-staging" : options.staging;
}

std::string absolute(std::string const& path) {
    std::error_code failed;
    auto const whole = std::filesystem::weakly_canonical(path, failed);
    return failed ? path : whole.string();
}

PipelineOptions checked(PipelineOptions options) {
    auto const refuse = [&](std::string what, std::string instead) {
        throw Error{Failure{.what = std::move(what), .object = options.database, .instead = std::move(instead)}};
    };
    bool const staging = options.environment == Environment::staging;
    if (staging && options.staging_is == Staging::given && options.staging.empty())
        refuse("A staging database is given, and its path is not.",
               "{.staging = \"<path>\", .staging_is = Staging::given}");
    if (source_of(options).empty()) refuse("A Pipeline was given no database.", "{.database = \"<path>\"}");
    if (!options.database.empty()) options.database = absolute(options.database);
    if (!options.staging.empty()) options.staging = absolute(options.staging);
    if (staging && worked_on(options) == options.database)
        refuse("The staging database is the real one.",
               "name another path, or none: then it is \"<database>-staging\"");
    for (auto const& loss : options.accept_loss) {
        if (loss.reason.empty())
            refuse("The accepted loss of \"" + loss.migration + "\" has no reason.",
                   ".accept_loss = {{\"" + loss.migration + "\", \"<reason>\"}}");
    }
    return options;
}

std::string new_id() {
    // In the order of time, also where two begin within a second.
    auto const now = this_instant();
    auto const seconds = std::chrono::floor<std::chrono::seconds>(now);
    std::random_device device;
    return fmt::format("{:%Y%m%dT%H%M%S}{:06}Z-{:08x}", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                       (now - seconds).count(), device());
}

std::string version() {
    return fmt::format("{}.{}.{}", EVOLVER_VERSION_MAJOR, EVOLVER_VERSION_MINOR, EVOLVER_VERSION_PATCH);
}

std::string first_line(std::string const& text) { return text.substr(0, text.find('\n')); }

bool is_done(StageOutcome outcome) { return outcome == StageOutcome::passed || outcome == StageOutcome::skipped; }

}  // namespace

struct Pipeline::Parts {
    Parts(Plan given, PipelineOptions chosen)
        : plan{std::move(given)},
          options{checked(std::move(chosen))},
          release{options.release ? *options.release : plan.releases().back()},
          source{source_of(options)} {
        (void)plan.position_of(release);
        plan = plan.until(release);
    }

    [[nodiscard]] PipelineRun begin() const {
        PipelineRun run{.id = new_id(), .plan = plan.name(), .plan_digest = plan.digest()};
        for (auto const& one : plan.releases()) run.releases.push_back(one.text());
        run.release = release.text();
        run.environment = options.environment;
        run.original = options.database;
        run.source = source;
        run.database = worked_on(options);
        run.planner = options.planner;
        run.started = this_instant();
        for (auto const stage : pipeline_stages) run.stages.push_back({.stage = stage});
        return run;
    }

    void require_file() const {
        std::error_code ignored;
        if (std::filesystem::exists(source, ignored)) return;
        throw Error{Failure{.what = "There is no database \"" + source + "\".",
                            .object = source,
                            .instead = "check the path; a pipeline makes no database"}};
    }

    /// In the ledger of the database that is worked on: the trail's row, those of orders that came meanwhile, and the record.
    void note_in_ledger(Work& work, std::string const& event, std::string const& detail, Hop hop = {}) const {
        auto const& workplace = work.site->workplace();
        auto const& connection = work.site->workplace().own();
        sqlite::WriteTransaction transaction{connection, options.wait};
        ledger::make_pipeline_runs(connection);
        for (auto const& told : work.recorder.told())
            workplace.audit(connection, told.event, {},
                            (told.command.actor.empty() ? "" : told.command.actor + ": ") + told.command.reason, 0, {});
        workplace.audit(connection, event, {}, detail, 0, {}, std::move(hop));
        ledger::note_run(connection, {.id = work.run.id,
                                      .plan = work.run.plan,
                                      .outcome = std::string{name_of(work.run.outcome)},
                                      .record = to_json(work.run)});
        transaction.commit();
    }

    /// Opens the database that is worked on, which from here on has the run in its ledger.
    void enter(Work& work) const {
        bool const first = !work.site;
        open_site(work);
        auto& workplace = work.site->workplace();
        if (first) {
            (void)workplace.presence();
            auto const& rehearsal = work.run.at(PipelineStage::dry_run);
            auto const& before = work.recorder.last_attempt();
            auto words = fmt::format("dry run {}, from {} to {}", name_of(rehearsal.outcome),
                                     to_text(rehearsal.started), to_text(rehearsal.ended));
            bool const again = before.outcome != StageOutcome::pending;
            if (again)
                words = fmt::format("{} {}{}", name_of(before.stage), name_of(before.outcome),
                                    before.why.empty() ? "" : ": " + before.why);
            note_in_ledger(work, again ? "pipeline resumed" : "pipeline begun", words);
        }
        acting(work);
        if (options.environment == Environment::production && work.recorder.stage().stage == PipelineStage::migration)
            ask_for_approvals(work);
        note_in_ledger(work, "stage begun", std::string{name_of(work.recorder.stage().stage)});
    }

    void acting(Work& work) const {
        auto acting = work.crew.acting;
        acting.stage = name_of(work.recorder.stage().stage);
        work.site->workplace().act_as(std::move(acting));
    }

    /// What the database asks for, and what it has; expand() refuses where that is not enough.
    void ask_for_approvals(Work& work) const {
        auto const& workplace = work.site->workplace();
        auto const& connection = work.site->workplace().own();
        auto const change = std::min(work.run.change, ChangeClass::data);
        sqlite::WriteTransaction transaction{connection, options.wait};
        ledger::make_approvals(connection);
        auto policy = ledger::policy_of(connection, plan.name());
        if (!policy) {
            policy = options.approvals.value_or(ApprovalPolicy{});
            if (!options.environment_name.empty()) policy->environment = options.environment_name;
            ledger::set_policy(connection, plan.name(), *policy);
            workplace.audit(connection, "approval policy", {}, "as the first run of the pipeline asks for it", 0, {});
        }
        if (auto const broken = ledger::verify_audit(connection))
            work.recorder.stage().warnings.push_back(
                fmt::format("the audit trail does not hold: row {}: {}. What rests on rows behind it rests on nothing",
                            broken->sequence, broken->why));
        work.run.environment_name = policy->environment;
        work.run.approvals = ledger::standings(connection, *policy, undertaking(workplace, connection, change));
        transaction.commit();
    }

    [[nodiscard]] Verdict perform(Work& work, PipelineStage stage) const {
        switch (stage) {
            case PipelineStage::dry_run: return dry_run(work);
            case PipelineStage::migration: return migrate(work);
            case PipelineStage::backfill: return fill(work);
            case PipelineStage::reconciliation: return compare_shapes(work);
            case PipelineStage::rollback_test: return test_rollback(work);
        }
        return {};
    }

    /// One stage from its first to its last line. What it meets is in its record.
    void go_through(Work& work, PipelineStage stage) const {
        auto& recorder = work.recorder;
        recorder.begin(stage, stage == PipelineStage::dry_run ? work.source : work.run.database);
        Verdict verdict;
        try {
            // Entered even where it is to stop: who has said so stands in the trail then.
            if (stage != PipelineStage::dry_run) enter(work);
            recorder.look();
            verdict = perform(work, stage);
        } catch (ToldToStop const&) {
            verdict.outcome = StageOutcome::stopped;
        } catch (Error const& error) {
            // It may be that a call has looked at the token before the recorder has heard of it.
            if (recorder.token().stop_requested()) recorder.listen();
            verdict.outcome = note_failure(recorder.stage(), error);
            verdict.why = first_line(error.what());
        } catch (std::exception const& error) {
            verdict.outcome = note_failure(recorder.stage(), error);
            verdict.why = first_line(error.what());
        }
        // Whoever told it to stop knows why it ended, whatever the call that was stopped says of that.
        if (!recorder.stopped().empty() && !is_done(verdict.outcome) && verdict.outcome != StageOutcome::failed) {
            verdict = {StageOutcome::stopped, recorder.stopped()};
            recorder.stage().failure.reset();
        }
        recorder.end(verdict.outcome, verdict.why);
    }

    void settle(Work& work, StageOutcome outcome) const {
        work.run.outcome = outcome;
        if (outcome != StageOutcome::running) work.run.ended = this_instant();
        work.run.next = next_step(work.run, true, false);
        auto const& stage = work.recorder.stage();
        if (work.site) {
            try {
                note_in_ledger(work, "stage ended",
                               fmt::format("{} {}{}", name_of(stage.stage), name_of(stage.outcome),
                                           stage.why.empty() ? "" : ": " + stage.why),
                               {.schema_before = {},
                                .schema_after = {},
                                .lock_wait = stage.lock_waits.total,
                                .warnings = stage.warnings});
                if (outcome != StageOutcome::running)
                    note_in_ledger(work, "pipeline ended", std::string{name_of(outcome)});
            } catch (Error const& error) {
                work.recorder.say(std::string{"the ledger could not be written: "} + error.what());
            }
        }
        work.recorder.keep();
    }

    void alert(Work& work) const {
        if (!options.alert) return;
        try {
            options.alert(work.run);
        } catch (std::exception const& error) {
            work.recorder.say(std::string{"the alert failed: "} + error.what());
            work.recorder.keep();
        }
    }

    [[nodiscard]] PipelineRun execute(PipelineRun run, RunLock const& lock, RunFile const& file) const {
        lock.works_on(run.id);
        run.process = getpid();
        run.host = ledger::host_name();
        run.actor = options.actor;
        run.on_behalf_of = options.on_behalf_of;
        run.evolver_version = version();
        run.engine = sqlite::engine_version();
        run.outcome = StageOutcome::running;
        run.ended = {};
        run.next = {};
        run.fail_on = options.fail_on;
        if (run.environment_name.empty())
            run.environment_name =
                options.environment_name.empty() ? std::string{name_of(run.environment)} : options.environment_name;
        file.note(run);
        file.command(run.id, {});
        Recorder recorder{run, options, file};
        bool const production = options.environment == Environment::production;
        Crew const crew{
            .plan = plan,
            .release = release,
            .actor = options.actor,
            .acting = {.on_behalf_of = options.on_behalf_of, .environment = run.environment_name, .run = run.id},
            .observer = &recorder,
            .wait = options.wait,
            .pace = production || options.speed == Speed::polite ? Pace::polite : Pace::full_speed};
        Work work{.plan = plan,
                  .options = options,
                  .crew = crew,
                  .run = run,
                  .recorder = recorder,
                  .source = source,
                  .dry_copy = scratch("-dry-run"),
                  .expanded_copy = scratch("-migrated"),
                  .undone_copy = scratch("-rollback-test")};
        for (auto const stage : pipeline_stages) {
            if (is_done(run.at(stage).outcome)) continue;
            if (stage > options.last) {
                run.at(stage) = {.stage = stage, .outcome = StageOutcome::skipped, .why = not_asked_for};
                continue;
            }
            go_through(work, stage);
            auto const outcome = run.at(stage).outcome;
            settle(work, is_done(outcome) ? StageOutcome::running : outcome);
            if (is_done(outcome)) continue;
            alert(work);
            return run;
        }
        settle_passed(work);
        return run;
    }

    void settle_passed(Work& work) const {
        work.run.outcome = StageOutcome::passed;
        work.run.ended = this_instant();
        work.run.next = next_step(work.run, true, false);
        if (work.site) {
            try {
                note_in_ledger(work, "pipeline ended", std::string{name_of(work.run.outcome)});
            } catch (Error const& error) {
                work.recorder.say(std::string{"the ledger could not be written: "} + error.what());
            }
        }
        work.recorder.keep();
    }

    [[nodiscard]] std::string scratch(std::string const& end) const {
        if (options.scratch.empty()) return source + end;
        return (std::filesystem::path{options.scratch} / (std::filesystem::path{source}.filename().string() + end))
            .string();
    }

    /// Throws HistoryError where the run cannot be gone on with.
    void refuse_other(PipelineRun const& run) const {
        auto const refuse = [&](std::string what) {
            throw HistoryError{Failure{.what = "The run \"" + run.id + "\" cannot be gone on with: " + what + ".",
                                       .object = run.id,
                                       .instead = "begin a new one: run()"}};
        };
        if (run.outcome == StageOutcome::passed) refuse("it has passed");
        if (run.plan_digest != plan.digest()) refuse("it is of another plan, or of one that was edited since");
        if (run.environment != options.environment || run.database != worked_on(options))
            refuse("it works in " + std::string{name_of(run.environment)} + " on \"" + run.database + "\"");
        if (run.at(PipelineStage::dry_run).outcome != StageOutcome::passed) return;  // nothing was written yet
        bool const migrated = run.at(PipelineStage::migration).outcome == StageOutcome::passed;
        if (is_staging_copy(options) && !made_by(run, run.database)) {
            if (migrated) refuse("its staging database is gone");
            return;  // it is made anew
        }
        auto const now = sqlite::open_for_reading(run.database, options.wait);
        auto const state = ledger::read(now, plan.name());
        for (auto const& id : run.migrations) {
            bool const there =
                std::ranges::any_of(state.entries, [&](ledger::Entry const& one) { return one.id == id; });
            if (migrated && !there) refuse("migration \"" + id + "\" was taken back since");
        }
        // A stage that was killed, or has failed, has left some of its steps behind: the trail has each of them, behind the last stage that passed.
        auto wanted = run.schema_before;
        std::string behind = "pipeline begun";
        for (auto const stage : {PipelineStage::migration, PipelineStage::backfill, PipelineStage::reconciliation}) {
            auto const& record = run.at(stage);
            if (record.outcome != StageOutcome::passed) break;
            wanted = record.schema_after;
            behind = "stage ended " + std::string{name_of(stage)} + " passed";
        }
        if (ledger::has_audit(now))
            wanted = ledger::schema_reached(now, plan.digest(), row_of(now, run.id, behind), wanted);
        if (schema_digest(now) != wanted) refuse("the schema has moved since, and not by this plan");
    }

    /// The first row of the trail that says so of the run; 0 where there is none.
    [[nodiscard]] static std::int64_t row_of(sqlite::Connection const& connection, std::string const& run,
                                             std::string const& words) {
        std::int64_t first = 0;
        ledger::read_audit(connection, 0, [&](AuditEntry const& entry) {
            bool const said = entry.event == words || entry.event + " " + entry.detail == words;
            if (entry.run == run && said && first == 0) first = entry.sequence;
        });
        return first;
    }

    Plan plan;
    PipelineOptions options;
    Release release;
    std::string source;
};

Pipeline::Pipeline(Plan plan, PipelineOptions options)
    : parts_{std::make_unique<Parts>(std::move(plan), std::move(options))} {}

Pipeline::~Pipeline() = default;
Pipeline::Pipeline(Pipeline&&) noexcept = default;
Pipeline& Pipeline::operator=(Pipeline&&) noexcept = default;

PipelineRun Pipeline::run() {
    parts_->require_file();
    RunLock const lock{parts_->source};
    auto const file = RunFile::open(parts_->source);
    return parts_->execute(parts_->begin(), lock, file);
}

PipelineRun Pipeline::resume(std::string const& id) {
    parts_->require_file();
    RunLock const lock{parts_->source};
    auto const file = RunFile::open(parts_->source);
    auto run = [&] {
        for (auto& one : runs_of(parts_->source)) {
            if (one.id == id) return std::move(one);
        }
        return pipeline_run(worked_on(parts_->options), id);
    }();
    parts_->refuse_other(run);
    for (auto& stage : run.stages) {
        if (stage.outcome == StageOutcome::skipped && stage.why == not_asked_for) stage.outcome = StageOutcome::pending;
    }
    return parts_->execute(std::move(run), lock, file);
}

}  // namespace evolver
