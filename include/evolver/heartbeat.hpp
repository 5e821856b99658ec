#pragma once

/// A thread that calls heartbeat(), for applications that have no moment of their own for it.

#include "evolver/evolver.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace evolver {

struct HeartbeatOptions {
    /// Opens the heartbeat's own session: sessions cannot be shared between threads. Called on its thread.
    ///
    ///     .open = [](soci::session& session) { session.open(soci::sqlite3, "db=catalogue.db timeout=5"); }
    std::function<void(soci::session&)> open;
    std::chrono::milliseconds every = std::chrono::seconds{30};
};

/// Hands in what an instance counts and compares some rows, as Evolver::heartbeat() does, again and again from its construction to its end. What
/// differs is in status(); the observer is not called from this thread. A lock that somebody else holds is waited for at the
/// next time. A destructed Heartbeat hands in what is left.
///
/// Threads: every call may come from any thread. It may outlive the Evolver. The destructor ends the thread: within one small transaction.
class Heartbeat {
public:
    /// Requires: `options.open`. Throws Error without it; what goes wrong later is in error().
    Heartbeat(Evolver const& evolver, HeartbeatOptions options);
    ~Heartbeat();
    Heartbeat(Heartbeat&&) noexcept;
    Heartbeat& operator=(Heartbeat&&) noexcept;

    /// What went wrong the last time, in words; empty where nothing has.
    [[nodiscard]] std::string error() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace evolver
