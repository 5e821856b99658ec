#pragma once

/// The pipeline: dry run → migration → backfill → reconciliation → rollback test, the same way for every change.
///
///     evolver::Pipeline staging{catalogue_plan(), {.database = "catalogue.db", .actor = "deploy-job-17"}};
///     evolver::PipelineRun const shown = staging.run();                 // works on a copy: catalogue.db is only read
///     evolver::approve("catalogue.db", catalogue_plan(), {.staging = shown, .approver = "alice", .reason = "ticket 17"});
///     evolver::Pipeline production{catalogue_plan(), {.database = "catalogue.db", .environment = evolver::Environment::production,
///                                                      .actor = "bob"}};
///     evolver::PipelineRun const done = production.run();
///
/// Each stage has its steps, its log, its outcome. One that does not pass ends the run, says so to `alert`, and names the call that leads on; nothing
/// goes on by itself. Contract is no stage: it waits for weeks, for gates that no pipeline opens. The dry run rehearses it.
///
/// A run can be paused, stopped and resumed at any batch, from any process, and resumed when its process was killed. It is kept in the ledger of
/// the database that is worked on, and every stage, order and approval in its audit trail. While it is under way it is also in a small file beside what the
/// dry run reads, `<database>-pipeline`, since a dry run writes to nothing else; that may be deleted when nobody works.

#include "evolver/error.hpp"
#include "evolver/execute/fill_order.hpp"
#include "evolver/execute/signal.hpp"
#include "evolver/execute/speed.hpp"
#include "evolver/observe/observer.hpp"
#include "evolver/pipeline/pipeline_run.hpp"
#include "evolver/plan/plan.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace evolver {

/// What the rollback test takes back, on its copy.
enum class TakenBack {
    what_was_brought,  ///< By the run.
    all_open,          ///< Everything that is expanded and not contracted, also where the run had nothing to bring.
};

/// Where a staging database comes from.
enum class Staging {
    copied,  ///< evolver makes it, by an online backup of the real one. One that it has made before is replaced.
    given,   ///< It is there, and is worked on as it is.
};

struct PipelineOptions {
    /// The path of the real database.
    std::string database = {};
    Environment environment = Environment::staging;
    /// What the environment is called where approvals are given. Empty: "staging", "production", or what the database's policy says.
    std::string environment_name = {};
    /// The path of the staging database. Empty: `<database>-staging`.
    std::string staging = {};
    Staging staging_is = Staging::copied;
    TakenBack taken_back = TakenBack::what_was_brought;
    /// The folder for copies that are tried on and taken away again. Empty: beside the database.
    std::string scratch = {};

    /// Who does it, on whose behalf, and who has planned the change: for the audit trail and for approvals. Never a secret.
    std::string actor = {};
    std::string on_behalf_of = {};
    std::string planner = {};
    /// None: the last release that the plan names.
    std::optional<Release> release = {};

    /// The last stage to be run. With `dry_run`, nothing is written but the copy, which is taken away again, and the file of runs.
    PipelineStage last = PipelineStage::rollback_test;
    /// What a run asks for on production where the database has no policy yet; it becomes the database's. None: what the database has, or ApprovalPolicy{}.
    std::optional<ApprovalPolicy> approvals = {};

    /// The least severe finding of lint that fails the dry run. None: findings are told, and stop nothing.
    std::optional<Severity> fail_on = Severity::error;
    /// Losses that are accepted, in the rehearsal of contract and in the rollback test; each needs a reason.
    std::vector<AcceptedLoss> accept_loss = {};

    /// On production always Speed::polite, but on copies.
    Speed speed = Speed::full;
    std::vector<Signal> signals = {};
    double rows_per_second = 0;  ///< 0: no limit.
    std::vector<FillOrder> fill_order = {};
    std::chrono::milliseconds wait = std::chrono::seconds{10};  ///< For a lock that somebody else holds.
    std::chrono::milliseconds longest_reconciliation{0};        ///< As ReconcileOptions::longest.
    std::int64_t most_differences = 100;                        ///< As ReconcileOptions::most_differences.
    std::chrono::seconds soak = std::chrono::hours{24};         ///< For what the gates say.

    /// Stops the run between two batches or steps, as an order from another process does.
    std::stop_token stop = {};
    /// Gets the run when a stage has not passed: failed, blocked, stopped. What it throws is noted in the log and goes no further.
    std::function<void(PipelineRun const&)> alert = {};
    /// Gets each line of the log as it is written.
    std::function<void(PipelineStage, LogLine const&)> log = {};
    /// Gets every event of the calls that the stages make; must outlive the Pipeline.
    Observer* observer = nullptr;
};

/// Belongs to one thread.
class Pipeline {
public:
    /// Reads and writes nothing. Throws Error for options that contradict each other, PlanError where the plan does not name the release.
    Pipeline(Plan plan, PipelineOptions options);
    ~Pipeline();
    Pipeline(Pipeline&&) noexcept;
    Pipeline& operator=(Pipeline&&) noexcept;

    /// A new run, from the dry run on.
    ///
    /// Ensures:  what a stage meets is in its record: the run is returned whether it passed or not. It is in the ledger of the database that is
    ///           worked on from the migration on, until then in the file of runs.
    /// Throws:   Error where no run could begin: another one is at work, the file is not there, a path is taken by something else.
    [[nodiscard]] PipelineRun run();

    /// Goes on with a run that has not passed, or was killed. Stages that passed are not repeated.
    ///
    /// Throws:   HistoryError where that is another plan's, or the schema has moved since; Error where it is still at work.
    [[nodiscard]] PipelineRun resume(std::string const& run);

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// What an operator says to a run, from any process.
enum class PipelineCommand {
    pause,  ///< It waits between two batches, or two steps, with no lock held.
    go_on,  ///< Ends a pause.
    stop,   ///< It ends there; Pipeline::resume() goes on later.
};

struct PipelineOrder {
    PipelineCommand command = PipelineCommand::pause;
    /// Why, for the audit trail and for whoever wonders. Needed for all but `go_on`.
    std::string reason = {};
    std::string actor = {};
    std::string on_behalf_of = {};
    /// None: the newest run that has not ended.
    std::optional<std::string> run = {};
};

/// `database`: the real one, or the one that is worked on.
///
/// Ensures:  the run sees it at its next batch or step, a stop also between. A run that is paused holds no lock.
/// Throws:   HistoryError where there is no such run, or it has ended; Error without a reason.
void order_pipeline(std::string const& database, PipelineOrder const& order);

/// The runs that the ledger and the file of runs have, newest first. Reads only.
[[nodiscard]] std::vector<PipelineRun> pipeline_runs(std::string const& database);
/// One of them. Throws HistoryError where there is none of this id.
[[nodiscard]] PipelineRun pipeline_run(std::string const& database, std::string const& id);

/// Where the newest run stands.
struct PipelineStatus {
    std::optional<PipelineRun> run = {};
    bool alive = false;       ///< A process works on it. False beside `running`: it was killed.
    std::string paused = {};  ///< Why somebody has paused it; empty where nobody has.
    NextStep next = {};
};
/// Of the newest run; one that was asked for its dry run alone, and has ended, hides no other. Reads only.
[[nodiscard]] PipelineStatus pipeline_status(std::string const& database);

}  // namespace evolver
