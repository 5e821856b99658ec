#pragma once

// How far reconciliations are that were stopped or killed, on PostgreSQL: the words of ledger/comparison.hpp.
//
//   evolver_reconcile   one row per migration and pair of shapes: the key of the last row that is compared, as text, and what was counted up to there
//
// A ledger of an older evolver lacks the table until make_comparisons(). A position is one of a run: all of a plan go when a run has come to its end.

#include "dialect/postgresql/connection.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace evolver::ledger {

/// Of one pair of a migration.
struct ComparedRows {
    enum class State {
        running,
        finished,  ///< Every row is compared.
        recorded,  ///< And what came of the whole migration is in evolver_migration.
    };
    std::int64_t number = 0;  ///< Among the migration's pairs.
    std::string form = {};    ///< A digest of the statement that compares, and of the triggers that carry writes.
    State state = State::running;
    std::int64_t rows = 0;
    std::int64_t lossy = 0;
    std::int64_t chunks = 0;
    std::int64_t writes = 0;  ///< Legacy writes of the migration when its first row was compared.
    std::vector<std::string> done = {};
};

/// In the order of their numbers.
[[nodiscard]] std::vector<ComparedRows> compared(postgresql::Connection const& connection, std::string const& plan,
                                                 std::int64_t position);

/// Makes the table where it is missing. Inside a transaction.
void make_comparisons(postgresql::Connection const& connection);

/// Inside a transaction; the table is there.
void keep_compared(postgresql::Connection const& connection, std::string const& plan, std::int64_t position,
                   ComparedRows const& up_to);

/// What was compared of the migration is in evolver_migration; a no-op without a position.
void recorded_compared(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);

/// The run is over, or what it saw holds no longer.
void forget_compared(postgresql::Connection const& connection, std::string const& plan);
/// With the migration.
void forget_compared(postgresql::Connection const& connection, std::string const& plan, std::int64_t position);

}  // namespace evolver::ledger
