#pragma once

/// Figures of the work, for whoever watches many databases: by the names of OpenTelemetry, as a text that Prometheus reads.
///
/// | name | in Prometheus | what |
/// |---|---|---|
/// | evolver.backfill.rows | evolver_backfill_rows_total | rows that batches have looked at |
/// | evolver.backfill.batch.size | evolver_backfill_batch_size | rows of the last batch |
/// | evolver.backfill.batch.duration | evolver_backfill_batch_duration_seconds | how long batches held the write lock, a histogram |
/// | evolver.backfill.progress | evolver_backfill_progress_ratio | from 0 to 1 |
/// | evolver.backfill.lag | evolver_backfill_lag_seconds | since the last checkpoint of a backfill that is not complete |
/// | evolver.lock.held.duration | evolver_lock_held_duration_seconds | how long any work kept writers out, a histogram |
/// | evolver.lock.wait.duration | evolver_lock_wait_duration_seconds | how long work waited for a lock, a histogram |
/// | evolver.throttle.duration | evolver_throttle_duration_seconds_total | how long work waited for something else |
/// | evolver.reconcile.rows | evolver_reconcile_rows_total | rows compared; `result` says match, mismatch, missing or extra |
/// | evolver.stage.duration | evolver_stage_duration_seconds | of a stage of a pipeline |
/// | evolver.step.duration | evolver_step_duration_seconds | of a step of a migration |
/// | evolver.lint.findings | evolver_lint_findings | by `severity` |
/// | evolver.legacy.writes | evolver_legacy_writes_total | writes that reached the old shape only |
/// | evolver.approval.age | evolver_approval_age_seconds | of the newest approval that holds |
/// | evolver.contract.overdue | evolver_contract_overdue_seconds | since an old shape could have gone |
/// | evolver.warnings | evolver_warnings_total | that were told |
///
/// Each has the labels db_system_name, evolver_plan and evolver_env; migration, table and stage where they apply: few values each, never a key, never SQL.

#include "evolver/observe/observer.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evolver {

struct MetricsOptions {
    std::string plan = {};
    std::string environment = {};
    std::string system = "sqlite";
    /// For how long work waited. None: the steady clock.
    std::function<std::chrono::steady_clock::time_point()> clock = {};
};

/// An observer that counts. Every call may come from any thread.
class Metrics : public Observer {
public:
    using Labels = std::vector<std::pair<std::string, std::string>>;

    explicit Metrics(MetricsOptions options);
    ~Metrics() override;
    void on(Event const& event) override;

    /// What no event tells: adds to what counts, sets what does not, and is one more value of a histogram. `name` is one of the table; throws Error
    /// for another.
    void record(std::string_view name, double value, Labels const& labels = {});

    /// The text format of Prometheus, version 0.0.4, sorted by name: for a file that the node exporter collects, or an answer over HTTP.
    [[nodiscard]] std::string prometheus() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace evolver
