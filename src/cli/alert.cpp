#include "cli/alert.hpp"

#include "dialect/sqlite/file_rights.hpp"
#include "evolver/error.hpp"
#include "observe/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>

namespace evolver::cli {

namespace {

StageRecord const* that_ended(PipelineRun const& run) {
    auto const found =
        std::ranges::find_if(run.stages, [&](StageRecord const& one) { return one.outcome == run.outcome; });
    return found == run.stages.end() ? nullptr : &*found;
}

std::string words_of(PipelineRun const& run) {
    auto text = fmt::format("The pipeline of {} has ended: {}, in {}, run {}.\n", run.plan, name_of(run.outcome),
                            run.environment_name, run.id);
    if (auto const* const stage = that_ended(run)) {
        text += fmt::format("stage: {}\n", name_of(stage->stage));
        if (!stage->why.empty()) text += "why: " + stage->why + "\n";
        if (stage->failure) {
            text += stage->failure->what + "\n";
            for (auto const& choice : stage->failure->choices) text += "choice: " + choice + "\n";
        }
    }
    return text;
}

/// The id is made by evolver alone, of digits, letters and dashes: it needs no quotes.
void run_command(std::string const& command, PipelineRun const& run) {
    // It begins as it would in a shell, whatever this program does with the signal.
    auto const before = std::signal(SIGPIPE, SIG_DFL);
    auto* const shell = popen(("EVOLVER_RUN=" + run.id + "; export EVOLVER_RUN; " + command).c_str(), "w");
    if (shell == nullptr) std::signal(SIGPIPE, before);
    if (shell == nullptr) throw Error{Failure{.what = "The alert's command could not be started.", .object = command}};
    auto const text = words_of(run);
    // A command that does not read what it is told must not end this program.
    std::signal(SIGPIPE, SIG_IGN);
    (void)std::fwrite(text.data(), 1, text.size(), shell);
    auto const result = pclose(shell);
    std::signal(SIGPIPE, before);
    if (result != 0)
        throw Error{Failure{.what = fmt::format("The alert's command ended with {}.", result), .object = command}};
}

void append(std::string const& path, PipelineRun const& run) {
    json_text::Object record{
        {"run", run.id}, {"plan", run.plan}, {"environment", run.environment_name}, {"outcome", name_of(run.outcome)}};
    if (auto const* const stage = that_ended(run)) {
        record.emplace_back("stage", name_of(stage->stage));
        record.emplace_back("why", stage->why);
        if (stage->failure) record.emplace_back("failure", stage->failure->what);
    }
    sqlite::make_no_more_open(path, run.database);
    std::ofstream file{path, std::ios::app};
    file << json_text::write(std::move(record)) << '\n' << std::flush;
    if (!file) throw Error{Failure{.what = "The alert's file cannot be written.", .object = path}};
}

}  // namespace

std::function<void(PipelineRun const&)> alert_by(Alerts const& alerts) {
    if (alerts.command.empty() && alerts.file.empty()) return {};
    return [alerts](PipelineRun const& run) {
        if (!alerts.file.empty()) append(alerts.file, run);
        if (!alerts.command.empty()) run_command(alerts.command, run);
    };
}

}  // namespace evolver::cli
