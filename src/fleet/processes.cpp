#include "fleet/processes.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace evolver {
namespace {

struct Inode {
    unsigned int major = 0;
    unsigned int minor = 0;
    std::uint64_t number = 0;
    friend bool operator==(Inode const&, Inode const&) = default;
};

struct HeldLock {
    pid_t process = 0;
    Inode inode;
};

/// By stat, never by opening the file: closing any descriptor of it would drop SQLite's own locks on it in this
/// process.
std::optional<Inode> inode_of(std::string const& path) {
    struct stat about {};
    if (stat(path.c_str(), &about) != 0) return std::nullopt;
    return Inode{major(about.st_dev), minor(about.st_dev), about.st_ino};
}

/// "08:01:1234": the device in hexadecimal, the number in decimal.
std::optional<Inode> inode_from(std::string const& text) {
    std::istringstream stream{text};
    Inode inode;
    char first = 0;
    char second = 0;
    stream >> std::hex >> inode.major >> first >> inode.minor >> second >> std::dec >> inode.number;
    if (!stream || first != ':' || second != ':') return std::nullopt;
    return inode;
}

/// "1: POSIX  ADVISORY  READ 4321 08:01:1234 128 128". A line with an arrow waits for a lock and holds none.
std::optional<HeldLock> lock_from(std::string const& line) {
    std::istringstream words{line};
    std::string number, kind, strictness, access, inode;
    HeldLock lock;
    if (!(words >> number >> kind) || kind != "POSIX") return std::nullopt;
    if (!(words >> strictness >> access >> lock.process >> inode)) return std::nullopt;
    auto const parsed = inode_from(inode);
    if (!parsed) return std::nullopt;
    lock.inode = *parsed;
    return lock;
}

/// Every POSIX lock that this process may see; nothing where the list cannot be read.
std::optional<std::vector<HeldLock>> held_locks() {
    std::ifstream file{"/proc/locks"};
    if (!file) return std::nullopt;
    std::vector<HeldLock> locks;
    for (std::string line; std::getline(file, line);) {
        if (auto const lock = lock_from(line)) locks.push_back(*lock);
    }
    return locks;
}

/// The kernel lists the device of the file system, which is not what stat says on btrfs and on some overlays. Our own
/// lock on a file of the same number tells which it is.
Inode as_listed(Inode inode, std::vector<HeldLock> const& locks) {
    auto const listed = [&](HeldLock const& lock) { return lock.inode == inode; };
    if (std::any_of(locks.begin(), locks.end(), listed)) return inode;
    auto const own = [&](HeldLock const& lock) {
        return lock.process == getpid() && lock.inode.number == inode.number;
    };
    auto const found = std::find_if(locks.begin(), locks.end(), own);
    return found == locks.end() ? inode : found->inode;
}

void add_holders(std::vector<pid_t>& holders, std::optional<Inode> const& inode, std::vector<HeldLock> const& locks) {
    if (!inode) return;
    auto const listed = as_listed(*inode, locks);
    for (auto const& lock : locks) {
        if (lock.inode == listed) holders.push_back(lock.process);
    }
}

std::string command_of(pid_t process) {
    std::ifstream file{"/proc/" + std::to_string(process) + "/comm"};
    std::string command;
    std::getline(file, command);
    return command;
}

/// Outside the first pid namespace (a container), processes of other containers that share the file are not listed.
bool in_a_container() {
    constexpr ino_t first_namespace = 0xEFFFFFFC;  // PROC_PID_INIT_INO, the same in every kernel
    struct stat about {};
    return stat("/proc/self/ns/pid", &about) != 0 || about.st_ino != first_namespace;
}

std::string why_incomplete(std::string const& path, bool shared_memory, std::vector<pid_t> const& wal_holders) {
    if (!shared_memory) {
        return path + "-shm does not exist: without WAL mode a connection shows only while it is inside a transaction.";
    }
    if (std::find(wal_holders.begin(), wal_holders.end(), getpid()) == wal_holders.end()) {
        return "this process does not see its own lock on " + path +
               "-shm: it has not read from the database in WAL mode, or the "
               "kernel's list names the file otherwise.";
    }
    if (in_a_container())
        return "processes in other containers that share the file are not listed in this one's /proc/locks.";
    return {};
}

}  // namespace

OpenProcesses processes_with_open(std::string const& database_path) {
    OpenProcesses open;
    auto const locks = held_locks();
    if (!locks) {
        open.reason = "/proc/locks cannot be read.";
        return open;
    }
    auto const shared_memory = inode_of(database_path + "-shm");
    std::vector<pid_t> holders;
    add_holders(holders, shared_memory, *locks);
    open.reason = why_incomplete(database_path, shared_memory.has_value(), holders);
    open.complete = open.reason.empty();
    add_holders(holders, inode_of(database_path), *locks);
    std::sort(holders.begin(), holders.end());
    holders.erase(std::unique(holders.begin(), holders.end()), holders.end());
    for (auto const process : holders) open.processes.push_back({process, command_of(process)});
    return open;
}

}  // namespace evolver
