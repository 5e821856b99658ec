#pragma once

// A disk that fails when it is told to: a VFS of SQLite over the usual one, which numbers what is asked of it, and keeps of each file what the
// last sync has made durable.
//
// It is the default VFS while it lives, so whoever opens a database without naming one goes through it. One thread at a time.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace evolver::faults {

enum class Mode {
    none,
    error_once,  ///< The n-th operation fails, and the others work.
    error_on,    ///< From the n-th on each fails that is of its kind.
    killed,      ///< From the n-th on nothing happens any more; what was written before is there.
    power,       ///< The same, and what was not synced is gone.
    torn,        ///< The same, and of what was not synced some is there, cut at sectors.
};

[[nodiscard]] std::string_view name_of(Mode mode) noexcept;

struct Fault {
    Mode mode = Mode::none;
    std::size_t at = 0;      ///< From 1.
    std::uint64_t seed = 0;  ///< Of what is there of torn writes, and of which error it is.
};

class Disk {
public:
    Disk();
    ~Disk();
    Disk(Disk const&) = delete;
    Disk& operator=(Disk const&) = delete;

    /// Everything is durable, and counting begins at 0.
    void begin(Fault const& fault);
    /// What was asked for since begin(): writes, syncs, truncations, deletions, files opened, locks.
    [[nodiscard]] std::size_t operations() const;
    /// Did the fault come?
    [[nodiscard]] bool struck() const;
    /// What it struck: "write", "sync", …
    [[nodiscard]] std::string_view victim() const;
    /// After a death, with everything closed: makes the files what they would be found as.
    void leave_wreck();
};

}  // namespace evolver::faults
