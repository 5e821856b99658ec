#include "evolver/observe/metrics.hpp"

#include "evolver/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>

namespace evolver {

namespace {

enum class Shape { counter, gauge, histogram };

struct Kind {
    std::string_view name;
    std::string_view exposed;
    Shape shape;
    std::string_view help;
};

constexpr std::array kinds{
    Kind{"evolver.approval.age", "evolver_approval_age_seconds", Shape::gauge,
         "Age of the newest approval that holds."},
    Kind{"evolver.backfill.batch.duration", "evolver_backfill_batch_duration_seconds", Shape::histogram,
         "How long batches held the write lock."},
    Kind{"evolver.backfill.batch.size", "evolver_backfill_batch_size", Shape::gauge, "Rows of the last batch."},
    Kind{"evolver.backfill.lag", "evolver_backfill_lag_seconds", Shape::gauge,
         "Since the last checkpoint of a backfill that is not complete."},
    Kind{"evolver.backfill.progress", "evolver_backfill_progress_ratio", Shape::gauge, "From 0 to 1."},
    Kind{"evolver.backfill.rows", "evolver_backfill_rows_total", Shape::counter, "Rows that batches have looked at."},
    Kind{"evolver.contract.overdue", "evolver_contract_overdue_seconds", Shape::gauge,
         "Since an old shape could have gone."},
    Kind{"evolver.legacy.writes", "evolver_legacy_writes_total", Shape::counter,
         "Writes that reached the old shape only."},
    Kind{"evolver.lint.findings", "evolver_lint_findings", Shape::gauge, "Findings of lint by severity."},
    Kind{"evolver.lock.held.duration", "evolver_lock_held_duration_seconds", Shape::histogram,
         "How long any work kept writers out."},
    Kind{"evolver.lock.wait.duration", "evolver_lock_wait_duration_seconds", Shape::histogram,
         "How long work waited for a lock."},
    Kind{"evolver.reconcile.rows", "evolver_reconcile_rows_total", Shape::counter, "Rows compared, by result."},
    Kind{"evolver.stage.duration", "evolver_stage_duration_seconds", Shape::gauge, "Of a stage of a pipeline."},
    Kind{"evolver.step.duration", "evolver_step_duration_seconds", Shape::gauge, "Of a step of a migration."},
    Kind{"evolver.throttle.duration", "evolver_throttle_duration_seconds_total", Shape::counter,
         "How long work waited for something else than a lock."},
    Kind{"evolver.warnings", "evolver_warnings_total", Shape::counter, "Warnings that were told."},
};

/// Seconds; from a fast batch to what an operator is called for. 8 ms is what a batch may hold the lock, 50 ms what nothing may.
constexpr std::array buckets{0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0};

struct Series {
    double value = 0;
    std::array<std::uint64_t, buckets.size()> below{};
    std::uint64_t count = 0;
};

std::string escaped(std::string_view text) {
    std::string result;
    for (char const letter : text) {
        if (letter == '\\' || letter == '"') result += '\\';
        if (letter == '\n') {
            result += "\\n";
        } else {
            result += letter;
        }
    }
    return result;
}

std::string joined(std::string const& labels, std::string_view more) {
    if (more.empty()) return labels;
    return labels.empty() ? std::string{more} : labels + "," + std::string{more};
}

Kind const& kind_of(std::string_view name) {
    auto const* const found = std::ranges::find(kinds, name, &Kind::name);
    if (found != kinds.end()) return *found;
    throw Error{Failure{.what = "There is no metric \"" + std::string{name} + "\".",
                        .object = std::string{name},
                        .instead = "observe/metrics.hpp has the list"}};
}

}  // namespace

struct Metrics::Parts {
    MetricsOptions options = {};
    mutable std::mutex mutex = {};
    std::map<std::string_view, std::map<std::string, Series>> series = {};
    std::map<std::pair<std::string, std::string>, std::int64_t> filled = {};  ///< By migration and table.
    std::chrono::steady_clock::time_point waiting_since = {};
    std::string waits_for = {};

    [[nodiscard]] std::chrono::steady_clock::time_point now() const {
        return options.clock ? options.clock() : std::chrono::steady_clock::now();
    }

    void add(std::string_view name, double value, Labels const& labels) {
        auto const& kind = kind_of(name);
        std::string text;
        auto const put = [&](std::string_view key, std::string_view of) {
            if (of.empty()) return;
            text = joined(text, std::string{key} + "=\"" + escaped(of) + "\"");
        };
        put("db_system_name", options.system);
        put("evolver_plan", options.plan);
        put("evolver_env", options.environment);
        for (auto const& [key, of] : labels) put(key, of);
        auto& one = series[kind.name][text];
        if (kind.shape == Shape::gauge) {
            one.value = value;
            return;
        }
        one.value += value;
        ++one.count;
        for (std::size_t i = 0; i < buckets.size(); ++i) {
            if (value <= buckets[i]) ++one.below[i];
        }
    }

    void batch(Event const& event, double seconds) {
        Labels const where{{"migration", event.migration}, {"table", event.object}};
        auto& before = filled[{event.migration, event.object}];
        auto const rows = std::max<std::int64_t>(0, event.done - before);
        before = event.done;
        add("evolver.backfill.rows", static_cast<double>(rows), where);
        add("evolver.backfill.batch.size", static_cast<double>(rows), where);
        add("evolver.backfill.batch.duration", seconds, where);
        if (event.total > 0) {
            auto const share = static_cast<double>(event.done) / static_cast<double>(event.total);
            add("evolver.backfill.progress", std::min(1.0, share), where);
        }
    }

    void end_wait() {
        if (waits_for.empty()) return;
        std::chrono::duration<double> const waited = now() - waiting_since;
        bool const for_lock = waits_for.find("lock") != std::string::npos;
        add(for_lock ? "evolver.lock.wait.duration" : "evolver.throttle.duration", waited.count(), {});
        waits_for.clear();
    }
};

Metrics::Metrics(MetricsOptions options) : parts_{std::make_unique<Parts>()} { parts_->options = std::move(options); }
Metrics::~Metrics() = default;

void Metrics::on(Event const& event) {
    std::scoped_lock const lock{parts_->mutex};
    auto const seconds = std::chrono::duration<double>(event.duration).count();
    if (event.kind == EventKind::waiting) {
        if (parts_->waits_for.empty()) parts_->waiting_since = parts_->now();
        parts_->waits_for = event.message.empty() ? "?" : event.message;
        return;
    }
    parts_->end_wait();
    if (event.kind == EventKind::batch) parts_->batch(event, seconds);
    if (event.kind == EventKind::warning) parts_->add("evolver.warnings", 1, {});
    if (event.duration.count() > 0)
        parts_->add("evolver.lock.held.duration", seconds, {{"migration", event.migration}});
}

void Metrics::record(std::string_view name, double value, Labels const& labels) {
    std::scoped_lock const lock{parts_->mutex};
    parts_->add(name, value, labels);
}

std::string Metrics::prometheus() const {
    std::scoped_lock const lock{parts_->mutex};
    std::string text;
    for (auto const& kind : kinds) {
        auto const found = parts_->series.find(kind.name);
        if (found == parts_->series.end()) continue;
        constexpr std::array<std::string_view, 3> types{"counter", "gauge", "histogram"};
        text += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", kind.exposed, kind.help,
                            types[static_cast<std::size_t>(kind.shape)]);
        for (auto const& [labels, one] : found->second) {
            auto const line = [&](std::string_view suffix, std::string_view more, std::string const& value) {
                auto const inside = joined(labels, more);
                text +=
                    fmt::format("{}{}{} {}\n", kind.exposed, suffix, inside.empty() ? "" : "{" + inside + "}", value);
            };
            if (kind.shape != Shape::histogram) {
                line("", "", fmt::format("{}", one.value));
                continue;
            }
            for (std::size_t i = 0; i < buckets.size(); ++i)
                line("_bucket", fmt::format("le=\"{}\"", buckets[i]), std::to_string(one.below[i]));
            line("_bucket", "le=\"+Inf\"", std::to_string(one.count));
            line("_sum", "", fmt::format("{}", one.value));
            line("_count", "", std::to_string(one.count));
        }
    }
    return text;
}

}  // namespace evolver
