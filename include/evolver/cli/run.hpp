#pragma once

/// The operator's tool for an application, five lines:
///
///     #include <evolver/cli/run.hpp>
///     #include "catalogue_plan.hpp"
///
///     int main(int argc, char** argv) { return evolver::cli::run(argc, argv, catalogue_plan()); }
///
/// linked with the CMake target `evolver::cli`. `--help` teaches the verbs; the program `evolver`, which comes along, is the same tool for plans
/// that are folders of SQL files.
///
/// **Streams.** Answers, and a line for each piece of work that is done, go to the standard output, with a summary last; progress, warnings and
/// errors to the standard error. With `--json`, the standard output has one JSON object per line, each with a `kind`. Keys are never renamed or
/// taken away within a minor version; new ones may come.
///
/// **Exit codes.** 0 done, or nothing to do; 1 findings or differences; 2 failed; 3 blocked by a gate, an approval, a window or a lock; 4 stopped
/// by an operator; 64 wrong usage; 65 wrong input (a plan, a file, a database that is not there); 78 wrong configuration.
///
/// **Signals.** SIGINT and SIGTERM let the work end at the next batch, with 4; the next call goes on where it stopped. A second one ends the program
/// at once, which loses at most the batch that is under way.
///
/// Row values are never shown, unless `--show-values` asks for them; keys of rows are.

#include "evolver/evolver.hpp"

#include <chrono>
#include <functional>
#include <iosfwd>
#include <stop_token>
#include <string>

namespace soci {
class session;
}

namespace evolver::cli {

/// The codes that run() returns.
enum class ExitCode : int {
    done = 0,
    findings = 1,
    failed = 2,
    blocked = 3,
    stopped = 4,
    usage = 64,
    input = 65,
    configuration = 78,
};

/// What a program, or a test, says otherwise. A form of run() without it uses the process's own streams and takes its signals.
struct RunOptions {
    /// None: the process's own.
    std::ostream* out = nullptr;
    std::ostream* error = nullptr;
    /// Whether `error` is a terminal, on which progress is one line that is rewritten; and `out`, for colours.
    bool terminal = false;
    bool coloured = false;
    /// Opens what `--database` names. None: a path is opened as a SQLite file, anything else is a connection string of SOCI's sqlite3 backend.
    std::function<void(soci::session&, std::string const& database)> open = {};
    /// What the application gives its own Evolver: soak, signals, fill_order. The command line says release, actor, observer and wait, and may say
    /// soak and rows_per_second.
    Options evolver = {};
    /// Ends the work from outside, as SIGINT does.
    std::stop_token stop = {};
    /// For times in what is written. None: the system's.
    std::function<std::chrono::system_clock::time_point()> clock = {};
};

/// Does what the command line says. Never throws.
///
/// Ensures:  SIGINT and SIGTERM are what they were, once it has returned.
[[nodiscard]] int run(int argc, char const* const* argv, Plan plan);

/// The same with everything given: no signal is taken, and nothing of the process is used but its environment.
[[nodiscard]] int run(int argc, char const* const* argv, Plan plan, RunOptions const& options);

/// The tool for plans that are folders of SQL files, each as compile/directory.hpp reads it: `--migrations` names the folder.
[[nodiscard]] int run(int argc, char const* const* argv);
[[nodiscard]] int run(int argc, char const* const* argv, RunOptions const& options);

}  // namespace evolver::cli
