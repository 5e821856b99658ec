#pragma once

// The file of runs beside a database, `<database>-pipeline`: a small SQLite database of its own, with the run that is under way as it stands, and
// what operators tell it. It is needed because a dry run must not write to the database itself, and because whoever watches a run, or tells it to stop,
// should not have to know on which copy it works. Once a run may write to its database, the ledger there has it, too, and this file may be
// deleted whenever nobody works.
//
// Beside it lies `<database>-pipeline-lock`, which the process that works on a run locks: the kernel frees that when the process is killed.

#include "dialect/sqlite/connection.hpp"
#include "evolver/pipeline/pipeline_run.hpp"
#include "ledger/pipeline_runs.hpp"

#include <optional>
#include <string>
#include <vector>

namespace evolver {

class RunFile {
public:
    /// Makes it where it is missing.
    [[nodiscard]] static RunFile open(std::string const& database);
    /// None where there is none.
    [[nodiscard]] static std::optional<RunFile> open_if_there(std::string const& database);

    void note(PipelineRun const& run) const;
    [[nodiscard]] std::vector<PipelineRun> runs() const;
    [[nodiscard]] ledger::Command command_of(std::string const& run) const;
    void command(std::string const& run, ledger::Command const& command) const;

private:
    explicit RunFile(sqlite::Connection connection) : connection_{std::move(connection)} {}
    sqlite::Connection connection_;
};

/// The runs of a ledger, newest first.
[[nodiscard]] std::vector<PipelineRun> runs_in(sqlite::Connection const& connection);

/// While it lives, nobody else works on a run of the database.
class RunLock {
public:
    /// Throws Error where another process, or another Pipeline of this one, is at work.
    explicit RunLock(std::string const& database);
    ~RunLock();
    RunLock(RunLock const&) = delete;
    RunLock& operator=(RunLock const&) = delete;

    /// Says which run it is that is worked on.
    void works_on(std::string const& run) const;

    /// The run that somebody works on; none where nobody is at work.
    [[nodiscard]] static std::optional<std::string> holder(std::string const& database);

private:
    int file_ = -1;
};

}  // namespace evolver
