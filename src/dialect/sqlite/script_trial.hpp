#pragma once

// A script, run statement by statement, and what each did to the tables that it wrote: found by looking, not by
// reading it.

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/stand_ins.hpp"
#include "dialect/sqlite/watched_run.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace evolver::sqlite {

struct TriedStatement {
    std::string text;
    std::size_t line;
    Touched touched = {};
    std::map<std::string, std::int64_t> emptied = {};  ///< Tables that had that many rows, and have none now.
    std::map<std::string, std::int64_t> updated =
        {};                                 ///< Tables of which it updated every row, and how many those were.
    std::vector<std::string> scanned = {};  ///< Tables that it writes, and reads from end to end for that.
    bool transaction = false;               ///< BEGIN, COMMIT, ROLLBACK or a savepoint: it was not run.
    std::string failure = {};               ///< The engine's words; nothing was tried after it.
};

/// Runs `script` on `scratch`, which it changes, inside the transaction that is open.
[[nodiscard]] std::vector<TriedStatement> try_script(Connection const& scratch, std::string_view script,
                                                     StandIns& stand_ins);

}  // namespace evolver::sqlite
