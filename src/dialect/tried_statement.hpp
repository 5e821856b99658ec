#pragma once

// What a statement of the application's did to a database that is there to be tried on: found by looking, not by reading it.
//
// How that is seen is each engine's own: dialect/sqlite/script_trial.hpp, dialect/postgresql/script_trial.hpp.

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace evolver {

/// The tables of the schema by name; views with a trigger, too, on SQLite.
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

struct TriedStatement {
    std::string text;
    std::size_t line;
    Touched touched = {};
    std::map<std::string, std::int64_t> emptied = {};  ///< Tables that had that many rows, and have none now.
    std::map<std::string, std::int64_t> updated =
        {};                                 ///< Tables of which it updated every row, and how many those were.
    std::vector<std::string> scanned = {};  ///< Tables that it writes, and reads from end to end for that.
    /// On PostgreSQL, tables that were there: whose every row it has written anew without a word of that; and that it has read from end to end
    /// while nobody may write.
    std::vector<std::string> rewritten = {};
    std::vector<std::string> scanned_under_lock = {};
    bool elsewhere = false;  ///< It may have changed what no schema tells: rights, a function of the server's, a type.
    bool transaction = false;  ///< BEGIN, COMMIT, ROLLBACK or a savepoint: it was not run.
    std::string failure = {};  ///< The engine's words; nothing was tried after it.
};

}  // namespace evolver
