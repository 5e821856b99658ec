#pragma once

// Runs a statement and says what it was about to touch, in the words of SQLite's authorizer: through views, triggers
// and sub-queries too.

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/stand_ins.hpp"

#include <set>
#include <string>
#include <string_view>

namespace evolver::sqlite {

struct Touched {
    std::set<std::string> inserted = {};
    std::set<std::string> updated = {};
    std::set<std::string> deleted = {};
    std::set<std::string> dropped = {};  ///< Tables.
    bool schema = false;                 ///< Tables, indexes, views or triggers are made, changed or dropped.
    bool transaction = false;            ///< BEGIN, COMMIT, ROLLBACK, or a savepoint.

    void operator+=(Touched const& other);
    /// The tables whose rows it writes.
    [[nodiscard]] std::set<std::string> written() const;
};

/// Runs one statement to its end. Rows that DDL moves by itself do not count as written. Throws EngineError.
Touched watched_run(Connection const& connection, std::string_view statement, StandIns& stand_ins);

/// What it would touch; it is not run. Throws EngineError where the engine does not understand it.
Touched watched_look(Connection const& connection, std::string_view statement, StandIns& stand_ins);

}  // namespace evolver::sqlite
