#pragma once

/// A switch in the application that follows the data.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace evolver {

namespace detail {
class AccessState;
}

/// Is a migration's new shape the one that is read? For features that depend on the data, so that they appear with it.
///
///     evolver::Flag const sizes = evolver.flag("0002-size-bytes");
///     if (sizes.on()) show_sizes_as_numbers();
///
/// On from stage `switched` on, and for the share of instances that Evolver::set_canary() sends ahead from stage `dual` on: what they read is
/// right there, too, and slower. Off where the database is not expanded. Options::flags says otherwise, for tests.
/// Made by Evolver::flag(). A value; copies are the same flag. It may outlive the Evolver that made it.
/// Threads: any number at once. Cost: a lock within the process; one look at the ledger after each move of a stage.
class Flag {
public:
    /// Throws EngineError where the ledger cannot be read.
    [[nodiscard]] bool on() const;

private:
    friend class Evolver;
    Flag(std::shared_ptr<detail::AccessState> state, std::size_t migration, std::optional<bool> fixed)
        : state_{std::move(state)}, migration_{migration}, fixed_{fixed} {}

    std::shared_ptr<detail::AccessState> state_;
    std::size_t migration_;
    std::optional<bool> fixed_;
};

/// A flag that does not follow the data, for tests.
struct FixedFlag {
    std::string migration;
    bool on;
};

}  // namespace evolver
