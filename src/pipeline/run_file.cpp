#include "pipeline/run_file.hpp"

#include "dialect/sqlite/file_rights.hpp"
#include "dialect/sqlite/online_copy.hpp"
#include "evolver/error.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace evolver {

namespace {

constexpr std::chrono::seconds wait{10};
constexpr std::int64_t most_runs = 100;

std::string path_of(std::string const& database) { return database + "-pipeline"; }
std::string lock_of(std::string const& database) { return database + "-pipeline-lock"; }

struct flock whole_file() {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return lock;
}

int open_lock(std::string const& database) {
    auto const path = lock_of(database);
    sqlite::make_beside(path, database);
    return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

std::vector<PipelineRun> parsed(std::vector<ledger::RunNote> const& notes) {
    std::vector<PipelineRun> runs;
    for (auto const& note : notes) runs.push_back(run_from_json(note.record));
    return runs;
}

}  // namespace

RunFile RunFile::open(std::string const& database) {
    // A run that a power cut takes away is in the ledger as far as it has got there, and begins anew otherwise.
    sqlite::make_beside(path_of(database), database);
    auto connection =
        sqlite::open_for_writing(path_of(database), wait, sqlite::Durability::none, sqlite::Missing::made);
    if (!ledger::has_pipeline_runs(connection)) {
        sqlite::WriteTransaction transaction{connection, wait};
        ledger::make_pipeline_runs(connection);
        transaction.commit();
    }
    return RunFile{std::move(connection)};
}

std::optional<RunFile> RunFile::open_if_there(std::string const& database) {
    std::error_code ignored;
    if (!std::filesystem::exists(path_of(database), ignored)) return std::nullopt;
    return open(database);
}

void RunFile::note(PipelineRun const& run) const {
    sqlite::WriteTransaction transaction{connection_, wait};
    ledger::note_run(
        connection_,
        {.id = run.id, .plan = run.plan, .outcome = std::string{name_of(run.outcome)}, .record = to_json(run)});
    ledger::forget_older_runs(connection_, most_runs);
    transaction.commit();
}

std::vector<PipelineRun> RunFile::runs() const { return runs_in(connection_); }

ledger::Command RunFile::command_of(std::string const& run) const { return ledger::command_of(connection_, run); }

void RunFile::command(std::string const& run, ledger::Command const& command) const {
    sqlite::WriteTransaction transaction{connection_, wait};
    ledger::command(connection_, run, command);
    transaction.commit();
}

std::vector<PipelineRun> runs_in(sqlite::Connection const& connection) { return parsed(ledger::runs_of(connection)); }

RunLock::RunLock(std::string const& database) : file_{open_lock(database)} {
    if (file_ < 0) {
        throw Error{Failure{.what = "The file \"" + lock_of(database) + "\" cannot be made.",
                            .object = lock_of(database),
                            .instead = "let this process write to the folder of the database: copies are made there"}};
    }
    // Of the open file, not of the process: two Pipelines of one process keep each other out, too.
    auto whole = whole_file();
    if (fcntl(file_, F_OFD_SETLK, &whole) == 0) return;
    close(file_);
    throw Error{Failure{.what = "A run of the pipeline is at work on \"" + database + "\".",
                        .object = database,
                        .instead = "wait until it has ended, or order_pipeline(\"" + database +
                                   "\", {.command = PipelineCommand::stop, .reason = \"…\"})",
                        .retry = Retry::helps}};
}

RunLock::~RunLock() { close(file_); }

void RunLock::works_on(std::string const& run) const {
    if (ftruncate(file_, 0) == 0 && pwrite(file_, run.data(), run.size(), 0) == static_cast<ssize_t>(run.size()))
        return;
    throw Error{Failure{.what = "The lock of the run \"" + run + "\" cannot be written.",
                        .object = run,
                        .instead = "free space on the disk, then call again"}};
}

std::optional<std::string> RunLock::holder(std::string const& database) {
    auto const file = ::open(lock_of(database).c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0) return std::nullopt;
    std::optional<std::string> run;
    auto whole = whole_file();
    if (fcntl(file, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK) {
        std::array<char, 128> bytes{};
        auto const count = pread(file, bytes.data(), bytes.size(), 0);
        run.emplace(bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(0, count)));
    }
    close(file);
    return run;
}

}  // namespace evolver
