#include "pipeline/runs.hpp"

#include "dialect/sqlite/online_copy.hpp"
#include "evolver/ledger/ledger_error.hpp"
#include "pipeline/next_step.hpp"
#include "pipeline/run_file.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <filesystem>

namespace evolver {

namespace {

constexpr std::chrono::seconds wait{10};

bool ended(PipelineRun const& run) { return run.outcome != StageOutcome::running; }

/// Is it the run that the process works on which holds the lock?
bool is_alive(PipelineRun const& run) { return !ended(run) && RunLock::holder(run.source) == run.id; }

}  // namespace

std::vector<PipelineRun> runs_of(std::string const& database) {
    std::vector<PipelineRun> runs;
    if (auto const file = RunFile::open_if_there(database)) runs = file->runs();
    std::error_code ignored;
    if (std::filesystem::exists(database, ignored)) {
        for (auto& run : runs_in(sqlite::open_for_reading(database, wait))) {
            bool const known = std::ranges::any_of(runs, [&](PipelineRun const& one) { return one.id == run.id; });
            if (!known) runs.push_back(std::move(run));
        }
    }
    std::ranges::sort(runs, std::ranges::greater{}, [](PipelineRun const& run) {
        return std::pair{run.started, run.id};
    });
    return runs;
}

std::vector<PipelineRun> pipeline_runs(std::string const& database) { return runs_of(database); }

PipelineRun pipeline_run(std::string const& database, std::string const& id) {
    auto runs = runs_of(database);
    auto const found = std::ranges::find_if(runs, [&](PipelineRun const& run) { return run.id == id; });
    if (found != runs.end()) return std::move(*found);
    throw HistoryError{Failure{.what = "There is no run \"" + id + "\" of the pipeline for \"" + database + "\".",
                               .object = id,
                               .instead = "pipeline_runs(\"" + database + "\") lists them"}};
}

PipelineStatus pipeline_status(std::string const& database) {
    PipelineStatus status;
    std::vector<PipelineRun> runs;
    try {
        runs = runs_of(database);
    } catch (Error const& error) {
        if (error.native_code() != SQLITE_READONLY_ROLLBACK) throw;
        status.next = {.kind = NextStep::Kind::recover, .call = error.instead(), .why = error.what()};
        return status;
    }
    if (runs.empty()) {
        status.next = {.kind = NextStep::Kind::run,
                       .call = "Pipeline{plan, {.database = \"" + database + "\"}}.run()",
                       .why = "no run is known"};
        return status;
    }
    auto const meant = std::ranges::find_if_not(runs, is_rehearsal);
    status.run = std::move(meant != runs.end() ? *meant : runs.front());
    status.alive = is_alive(*status.run);
    if (status.alive) {
        if (auto const file = RunFile::open_if_there(status.run->source)) {
            auto const told = file->command_of(status.run->id);
            if (told.command == "pause") status.paused = told.reason;
        }
    }
    status.next = next_step(*status.run, status.alive, !status.paused.empty());
    return status;
}

void order_pipeline(std::string const& database, PipelineOrder const& order) {
    if (order.command != PipelineCommand::go_on && order.reason.empty()) {
        throw Error{Failure{.what = "order_pipeline() was given no reason.",
                            .object = database,
                            .instead = "{.reason = \"…\"}: it goes into the audit trail"}};
    }
    auto const refuse = [&](std::string what) {
        throw HistoryError{
            Failure{.what = std::move(what),
                    .object = order.run.value_or(database),
                    .instead = "pipeline_status(\"" + database + "\") says where the newest run stands"}};
    };
    auto const runs = runs_of(database);
    auto const meant = std::ranges::find_if(
        runs, [&](PipelineRun const& run) { return order.run ? run.id == *order.run : is_alive(run); });
    if (meant == runs.end()) {
        refuse(order.run ? "There is no run \"" + *order.run + "\"."
                         : std::string{"No run of the pipeline is at work."});
        return;
    }
    if (!is_alive(*meant)) refuse("Nobody works on the run \"" + meant->id + "\".");
    auto const file = RunFile::open(meant->source);
    auto const actor = order.actor + (order.on_behalf_of.empty() ? "" : " for " + order.on_behalf_of);
    switch (order.command) {
        case PipelineCommand::pause: file.command(meant->id, {"pause", order.reason, actor}); break;
        case PipelineCommand::stop: file.command(meant->id, {"stop", order.reason, actor}); break;
        case PipelineCommand::go_on:
            if (file.command_of(meant->id).command == "stop") refuse("The run \"" + meant->id + "\" was told to stop.");
            file.command(meant->id, {"", order.reason, actor});
            break;
    }
}

}  // namespace evolver
