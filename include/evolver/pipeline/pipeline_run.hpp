#pragma once

/// A run of the pipeline, as a value: everything that a report, a status line or an approval needs to know of it.
///
/// It is complete in itself: it names no open database, and its JSON form can be read by another process, on another machine, long after the
/// databases of the run are gone. It holds no values of rows but the keys of those that are named as a cause. Its size does not grow with the data: steps
/// and lines of the log are as many as there are steps, and batches are drawn together into a series of bounded length.

#include "evolver/execute/invariant_error.hpp"
#include "evolver/execute/reconcile_error.hpp"
#include "evolver/execute/reconciliation.hpp"
#include "evolver/fleet/gate.hpp"
#include "evolver/ledger/approval.hpp"
#include "evolver/plan/estimate.hpp"
#include "evolver/plan/finding.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evolver {

/// A moment by the clock of the machine that ran the pipeline, in UTC. Zero: it has not come.
using Instant = std::chrono::sys_time<std::chrono::microseconds>;

/// Where a run works.
enum class Environment {
    staging,     ///< On a copy of the real database, or on one that was given for it.
    production,  ///< On the real database; what only tries works on copies of it.
};

enum class PipelineStage {
    dry_run,    ///< Everything, contract included, is tried on a copy; the database itself is opened for reading only.
    migration,  ///< expand()
    backfill,   ///< backfill()
    reconciliation,  ///< reconcile()
    rollback_test,   ///< The way back, and forward again, each proven by digests.
};
inline constexpr std::array pipeline_stages{PipelineStage::dry_run, PipelineStage::migration, PipelineStage::backfill,
                                            PipelineStage::reconciliation, PipelineStage::rollback_test};

/// What came of a stage, or of a whole run.
enum class StageOutcome {
    pending,  ///< It has not begun.
    running,  ///< It has begun. Where nobody works on it any more it was killed: PipelineStatus::alive tells.
    passed,
    failed,   ///< Something is wrong with the plan, the data or the machine: StageRecord::failure says what.
    blocked,  ///< It waits for somebody: an approval, a gate, a lock that somebody else holds.
    stopped,  ///< Somebody has said so.
    skipped,  ///< It was not asked for, or there is nothing for it to do.
};

/// A line of a stage's log.
struct LogLine {
    Instant at = {};
    std::string text = {};
};

/// A step as it ran.
struct StepRecord {
    std::string migration = {};
    std::string what = {};  ///< "add column packages.size_bytes"; or what the pipeline did itself: "copy the database"
    std::vector<std::string> sql = {};
    std::int64_t planned_rows = 0;
    std::int64_t rows = 0;
    std::chrono::microseconds estimate{0};
    std::chrono::microseconds duration{0};
    std::chrono::microseconds lock_wait{0};
    Instant started = {};
};

/// One or more batches that followed each other.
struct BatchPoint {
    Instant at = {};  ///< When the last of them was committed.
    std::int64_t rows = 0;
    std::int64_t batches = 0;
    std::chrono::microseconds duration{0};   ///< Together, that others were kept out.
    std::chrono::microseconds longest{0};    ///< Of one batch.
    std::chrono::microseconds lock_wait{0};  ///< Together, that evolver waited for the lock.

    friend bool operator==(BatchPoint const&, BatchPoint const&) = default;
};

/// Batches in time. Once there are more than `most_points`, neighbours are drawn together, and again; sums stay exact.
class BatchSeries {
public:
    static constexpr std::size_t most_points = 512;

    void add(BatchPoint const& batch);
    [[nodiscard]] std::vector<BatchPoint> const& points() const noexcept { return points_; }
    /// From the points of a series that was written down.
    [[nodiscard]] static BatchSeries from_points(std::vector<BatchPoint> points);

    friend bool operator==(BatchSeries const&, BatchSeries const&) = default;

private:
    std::vector<BatchPoint> points_;
    std::int64_t per_point_ = 1;
};

/// How long evolver waited for locks that others held.
struct LockWaitFigures {
    std::int64_t count = 0;  ///< Of waits of a millisecond or more.
    std::chrono::microseconds total{0};
    std::chrono::microseconds longest{0};
};

/// What the backfill of one table took, beside what was expected of it.
struct BackfillRecord {
    std::string migration = {};
    std::string table = {};
    std::int64_t rows = 0;
    std::int64_t batches = 0;
    std::int64_t skipped = 0;
    double rows_per_second = 0;
    std::chrono::microseconds work{0};
    std::chrono::microseconds longest_lock{0};
    Estimate expected = {};  ///< Of no rows where nothing was expected.
};

/// Why a stage did not pass.
struct StageFailure {
    std::string what = {};  ///< The whole message: what, which object, why, what to do instead.
    std::string object = {};
    std::string table =
        {};  ///< Of a batch: its range of keys, behind `after`, up to `until`; and rows that are the cause, by key.
    std::string after = {};
    std::string until = {};
    std::vector<std::string> rows = {};
    std::string sql = {};
    std::string error = {};                 ///< The engine's own words.
    std::int64_t native_code = 0;           ///< Its own code.
    std::vector<std::string> choices = {};  ///< What can be done, each ready to paste.
    bool retry_helps = false;
};

/// What the next call is, and what it is called by a program.
struct NextStep {
    enum class Kind {
        none,             ///< There is nothing to do, or somebody is at work.
        run,              ///< Pipeline::run(): a new run.
        resume,           ///< Pipeline::resume() of the run.
        go_on,            ///< order_pipeline() with PipelineCommand::go_on: the run is paused.
        resume_backfill,  ///< Evolver::resume_backfill(), once the rows are seen to; then Pipeline::resume().
        approve,          ///< approve(), then Pipeline::resume().
        recover,          ///< Open the database once for writing: a killed process has left a transaction in it.
        contract,         ///< Evolver::contract(), when its gates are open.
    };
    Kind kind = Kind::none;
    std::string call = {};  ///< Ready to paste.
    std::string why = {};   ///< In a sentence.
};

/// One stage of a run.
struct StageRecord {
    PipelineStage stage = PipelineStage::dry_run;
    StageOutcome outcome = StageOutcome::pending;
    std::string why = {};  ///< Of one that was skipped, stopped or blocked.
    Instant started = {};
    Instant ended = {};
    std::chrono::microseconds paused{0};  ///< Of that, while somebody had paused it.
    std::string database = {};            ///< The path of what it worked on.
    std::vector<StepRecord> steps = {};
    std::vector<LogLine> log = {};
    std::int64_t log_lines_left_out = 0;  ///< Behind the first thousand.
    std::vector<Finding> findings = {};
    std::vector<std::string> warnings = {};
    std::vector<Estimate> estimates = {};
    std::vector<BackfillRecord> backfills = {};
    BatchSeries batches = {};
    LockWaitFigures lock_waits = {};
    std::vector<PairComparison> comparisons = {};
    std::vector<Mismatch> mismatches = {};
    std::vector<InvariantAnswer> invariants = {};
    /// What contract() would wait for when the stage had ended. Of a dry run: on the database itself.
    std::vector<Gate> gates = {};
    std::string schema_before =
        {};  ///< Digests. Those of the data are empty where looking at every row would hold up others.
    std::string schema_after = {};
    std::string data_before = {};
    std::string data_after = {};
    std::vector<Override> overridden_gates = {};
    std::vector<AcceptedLoss> accepted_losses = {};
    std::optional<StageFailure> failure = {};
};

struct PipelineRun {
    std::string id = {};  ///< "20261129T021437123456Z-3f9a1b2c": unique, and in the order of time.
    std::string plan = {};
    std::string plan_digest = {};
    std::vector<std::string> migrations = {};  ///< Those that the run has to bring, in plan order.
    std::vector<std::string> releases = {};    ///< Of the plan, in order.
    std::string release = {};                  ///< That the run works as.
    Environment environment = Environment::staging;
    std::string environment_name = {};  ///< "staging", "production", "production-eu"
    std::string original = {};  ///< The path of the real database; empty where only a staging database was given.
    std::string source = {};    ///< What the dry run reads; beside it lies the file of runs.
    std::string database = {};  ///< The path of the database that is worked on.
    std::string actor = {};
    std::string on_behalf_of = {};
    std::string planner = {};
    std::string host = {};
    std::int64_t process = 0;  ///< The last that worked on it.
    std::string evolver_version = {};
    std::string engine = {};  ///< "SQLite 3.40.1"
    Instant started = {};
    Instant ended = {};
    StageOutcome outcome = StageOutcome::running;
    std::string schema_before = {};              ///< The digest of the schema when the run began.
    ChangeClass change = ChangeClass::additive;  ///< The most that its migrations do, contract included.
    /// The most that they do before contract: what an approval has to be for, so that production may be changed. SQL and code of one's own
    /// count as destructive.
    ChangeClass expands = ChangeClass::additive;
    /// From which finding on the dry run failed; none: none stopped it. Production is asked the same.
    std::optional<Severity> fail_on = Severity::error;
    std::vector<StageRecord> stages = {};  ///< All five, in order.
    std::vector<ApprovalStanding> approvals = {};
    NextStep next = {};

    /// The record of a stage; the run has all five.
    [[nodiscard]] StageRecord& at(PipelineStage stage);
    [[nodiscard]] StageRecord const& at(PipelineStage stage) const;
};

[[nodiscard]] std::string_view name_of(Environment environment) noexcept;
[[nodiscard]] std::string_view name_of(PipelineStage stage) noexcept;  ///< "dry_run"
[[nodiscard]] std::string_view name_of(StageOutcome outcome) noexcept;
[[nodiscard]] std::string_view name_of(NextStep::Kind kind) noexcept;
/// "2026-11-29T02:14:37.123456Z"; empty for one that has not come.
[[nodiscard]] std::string to_text(Instant instant);

/// The run as one JSON object, without line ends in it. Times are microseconds since 1970, durations microseconds.
[[nodiscard]] std::string to_json(PipelineRun const& run);
/// The way back. Fields that are missing keep their defaults, unknown ones are passed over: reports of another version can be read. Throws Error that says
/// where the text is no run.
[[nodiscard]] PipelineRun run_from_json(std::string_view text);

}  // namespace evolver
