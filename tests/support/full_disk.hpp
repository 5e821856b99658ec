#pragma once

// A disk that can be full, or gone: a VFS of SQLite that refuses to write, or to do anything, when it is told to.

struct sqlite3_vfs;

namespace evolver::testing {

/// While it lives, connections can be opened through it; the default VFS is this one until `only_for_those_open()`.
class FullDisk {
public:
    FullDisk();
    ~FullDisk();
    FullDisk(FullDisk const&) = delete;
    FullDisk& operator=(FullDisk const&) = delete;

    /// From here on connections that ask for no VFS get the usual one.
    void only_for_those_open() const;
    /// After `writes` more writes, each is refused.
    void full_after(int writes) const;
    /// After `writes` more writes, nothing can be read, written or locked: somebody has pulled it out, or the network is down.
    void gone_after(int writes) const;
    /// As at the beginning.
    void room_again() const;
};

}  // namespace evolver::testing
