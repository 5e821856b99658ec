#pragma once

// How far reconciliations are that were stopped or killed.
//
//   evolver_reconcile      one row per migration and pair of shapes: the last row that is compared, and what was counted up to there
//   evolver_reconcile_key  the key of that row, a part per row. The column has no type, so that a key keeps its own.
//
// The tables are made when a position is first kept; a ledger without them has none. A position is one of a run: all of a plan go when a
// run has come to its end.

#include "dialect/sqlite/connection.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace evolver::ledger {

/// Of one pair of a migration.
struct ComparedUpTo {
    enum class State {
        running,
        finished,  ///< Every row is compared.
        recorded,  ///< And what came of the whole migration is in evolver_migration.
    };
    std::int64_t number = 0;  ///< Among the migration's pairs.
    std::string form;         ///< A digest of the statement that compares.
    State state = State::running;
    std::int64_t rows = 0;
    std::int64_t lossy = 0;
    std::int64_t chunks = 0;
    std::int64_t writes = 0;  ///< Legacy writes of the migration when its first row was compared.
    std::int64_t schema_version = 0;
    std::vector<sqlite::Value> done;
};

/// In the order of their numbers.
[[nodiscard]] std::vector<ComparedUpTo> compared(sqlite::Connection const& connection, std::string const& plan,
                                                 std::int64_t position);

/// Makes the tables where they are missing: that changes the version of the schema. Inside a write transaction.
void make_comparisons(sqlite::Connection const& connection);

/// Inside a write transaction; the tables are there.
void keep_compared(sqlite::Connection const& connection, std::string const& plan, std::int64_t position,
                   ComparedUpTo const& up_to);

/// What was compared of the migration is in evolver_migration; a no-op without a position. Inside a write transaction.
void recorded_compared(sqlite::Connection const& connection, std::string const& plan, std::int64_t position);

/// The run is over, or what it saw holds no longer. Inside a write transaction.
void forget_compared(sqlite::Connection const& connection, std::string const& plan);
/// Is there anything to forget?
[[nodiscard]] bool any_compared(sqlite::Connection const& connection, std::string const& plan);

}  // namespace evolver::ledger
