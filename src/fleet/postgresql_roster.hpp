#pragma once

// The roster of a plan on PostgreSQL.
//
// PostgreSQL at READ COMMITTED lets two transactions miss each other: an instance that reads the floor while contract looks for instances. So who
// comes in holds the plan's row FOR SHARE until it is noted, and who moves holds it FOR UPDATE until the end: one of them sees the other. Nobody
// waits longer for that than the lock timeout, and whoever does not get it is told that a retry helps.

#include "dialect/postgresql/connection.hpp"
#include "fleet/roster.hpp"

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

namespace evolver::postgresql {

struct RosterOptions {
    std::string plan;
    /// By position; for the words of a refusal, and of the floor.
    std::vector<std::string> releases = {};
    /// That instances write to, as SQL: what wait_for_writers() waits for.
    std::vector<std::string> tables = {};
    std::chrono::milliseconds lock_timeout{100};
};

/// Threads: any number; while a Turn lives, the others wait. The connection is evolver's own, and connected again when it was lost.
class Roster : public evolver::Roster {
public:
    /// Makes what is missing in the ledger. Throws EngineError.
    Roster(Connection connection, RosterOptions options);

    [[nodiscard]] Grant enrol(Enrolment const& enrolment, std::chrono::milliseconds lease) override;
    [[nodiscard]] std::optional<std::uint64_t> renew(std::int64_t instance, std::uint64_t acknowledged,
                                                     std::chrono::milliseconds lease) override;
    void leave(std::int64_t instance) override;
    [[nodiscard]] std::unique_ptr<Turn> take_turn() override;

    /// Where a Turn's work is done: in its transaction.
    [[nodiscard]] Connection const& connection() const noexcept { return connection_; }

private:
    class OpenTurn;

    std::recursive_mutex mutex_;  // a mover's work may look at the fleet
    Connection connection_;
    RosterOptions options_;
};

}  // namespace evolver::postgresql
