#include "evolver/cli/run.hpp"

#include "cli/command_line.hpp"
#include "cli/signals.hpp"

#include <cstdlib>
#include <iostream>

#include <unistd.h>

namespace evolver::cli {

namespace {

/// https://no-color.org: set to anything but nothing.
bool colours_are_welcome() {
    char const* const refused = std::getenv("NO_COLOR");
    char const* const terminal = std::getenv("TERM");
    return (refused == nullptr || *refused == '\0') && (terminal == nullptr || std::string_view{terminal} != "dumb");
}

int run_as_process(int argc, char const* const* argv, std::optional<Plan> plan) {
    Signals const signals{[] { std::cerr << "stopping at the next batch; once more ends it at once\n" << std::flush; }};
    RunOptions options;
    options.terminal = isatty(STDERR_FILENO) == 1;
    options.coloured = isatty(STDOUT_FILENO) == 1 && colours_are_welcome();
    options.stop = signals.stop();
    return understand_and_do(argc, argv, std::move(plan), std::move(options));
}

}  // namespace

int run(int argc, char const* const* argv, Plan plan) { return run_as_process(argc, argv, std::move(plan)); }

int run(int argc, char const* const* argv, Plan plan, RunOptions const& options) {
    return understand_and_do(argc, argv, std::move(plan), options);
}

int run(int argc, char const* const* argv) { return run_as_process(argc, argv, std::nullopt); }

int run(int argc, char const* const* argv, RunOptions const& options) {
    return understand_and_do(argc, argv, std::nullopt, options);
}

}  // namespace evolver::cli
