#pragma once

// Which processes have a database file open, evolver or not: for the gate "no unknown process has the database open".
//
// In WAL mode every connection that has read once holds a lock on the -shm file until it is closed, and Linux shows it,
// with the pid, in /proc/locks. What stays invisible even then: a connection that has not read yet, one opened with
// nolock=1 or immutable=1, and a process in another container (pid namespace) that is not a child of this one.

#include <string>
#include <vector>

#include <sys/types.h>

namespace evolver {

struct Process {
    pid_t id = 0;
    std::string command;  ///< From /proc/<pid>/comm; empty if it is gone or hidden.
};

struct OpenProcesses {
    /// True: `processes` are all. False: there may be others, and `reason` says why they cannot be seen.
    bool complete = false;
    std::string reason;
    /// Each once, by pid, this process included.
    std::vector<Process> processes;
};

/// `database_path` as SQLite resolved it (sqlite3_db_filename). The calling process should have the database open and
/// have read from it: that it sees itself is the proof that it would see others.
[[nodiscard]] OpenProcesses processes_with_open(std::string const& database_path);

}  // namespace evolver
