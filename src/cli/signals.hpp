#pragma once

// SIGINT and SIGTERM as a stop between two batches.

#include <functional>
#include <memory>
#include <stop_token>

namespace evolver::cli {

/// While it lives, the first SIGINT or SIGTERM calls `told` and asks for a stop; a second one ends the process as if nobody had caught it.
/// One at a time in a process; made before other threads are.
class Signals {
public:
    explicit Signals(std::function<void()> told);
    ~Signals();
    Signals(Signals const&) = delete;
    Signals& operator=(Signals const&) = delete;

    [[nodiscard]] std::stop_token stop() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace evolver::cli
