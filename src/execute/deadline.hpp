#pragma once

// Steps that are taken back when their maintenance window ends.

#include "dialect/sqlite/connection.hpp"
#include "evolver/execute/contract_options.hpp"
#include "evolver/plan/migration.hpp"

#include <chrono>
#include <cstdint>
#include <functional>

namespace evolver {

/// Interrupts the connection's statements once the window of the migration has ended, if it has one and nobody has overridden it. SQLite asks
/// every thousand or so instructions, so it is late by less than a millisecond; the transaction is rolled back by whoever began it.
class Deadline {
public:
    /// `now`: seconds since 1970.
    Deadline(sqlite::Connection const& connection, Migration const& migration, ContractOptions const& options,
             std::int64_t now);

    /// Throws Error where time was up before `work` had ended; what `work` throws.
    void run(std::function<void()> const& work) const;

private:
    using Clock = std::chrono::steady_clock;
    sqlite::Connection const& connection_;
    Migration const& migration_;
    bool bounded_ = false;
    Clock::time_point end_ = {};
};

}  // namespace evolver
