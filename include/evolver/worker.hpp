#pragma once

/// A thread that does what advance() would, for applications without an idle loop.

#include "evolver/evolver.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace evolver {

struct WorkerOptions {
    /// Opens the worker's own session: sessions cannot be shared between threads, nor copied. Called on the worker's thread.
    ///
    ///     .open = [](soci::session& session) { session.open(soci::sqlite3, "db=catalogue.db timeout=5"); }
    std::function<void(soci::session&)> open;
    /// As for an Evolver. The observer and the signals are called on the worker's thread.
    Options evolver = {};
    /// How long to wait where nothing is to be done, before it looks again.
    std::chrono::milliseconds idle = std::chrono::seconds{1};
};

/// Fills, builds and sweeps in the background from its construction to its end, politely.
///
/// Ensures:  it attaches, and never changes the schema by expand, reconcile, contract or rollback: these stay the application's decisions.
///           Locks that somebody else holds are waited for. It ends by itself only after a failure, which error() has, and where an operator
///           stops the run.
/// Threads:  every call may come from any thread. The destructor ends the thread, within a batch or, where somebody else holds the lock, within
///           Options::wait.
class Worker {
public:
    /// Requires: `options.open`. Throws Error without it, and PlanError as an Evolver does; what goes wrong later is in error().
    Worker(Plan plan, WorkerOptions options);
    ~Worker();
    Worker(Worker&&) noexcept;
    Worker& operator=(Worker&&) noexcept;

    /// Ends the thread and waits for it. Again: nothing.
    void stop();

    [[nodiscard]] bool running() const;
    /// What it waits for; empty where it works, or nothing is left to do.
    [[nodiscard]] std::string why() const;
    /// Why it has ended by itself: in words; empty where it has not.
    [[nodiscard]] std::string error() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace evolver
