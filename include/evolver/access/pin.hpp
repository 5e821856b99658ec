#pragma once

/// A scope in which the shape of the database stays what it is.

#include <memory>

namespace evolver {

namespace detail {
class AccessState;
class UseGuard;
}  // namespace detail

/// While it lives, no contract and no rollback passes the point where it changes the shape: for code that keeps SQL text of its own, or that
/// reads in several statements what belongs together. Keep it as short as a transaction: contract waits for it, and others wait for contract.
///
/// On PostgreSQL it holds for as long as the instance's lease, 30 s: for more, let a Heartbeat renew it every 10 s.
///
/// Made by Evolver::pin(). Threads: belongs to one. It keeps alive what it needs.
class Pin {
public:
    ~Pin();
    Pin(Pin&&) noexcept;
    Pin& operator=(Pin&&) noexcept;

private:
    friend class Evolver;
    explicit Pin(std::shared_ptr<detail::AccessState> state);

    std::shared_ptr<detail::AccessState> state_;
    std::unique_ptr<detail::UseGuard> guard_;
};

}  // namespace evolver
