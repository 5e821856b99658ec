#pragma once

// A script of several statements, taken apart. Each engine has its own rules of where a statement ends, and of what can run inside a transaction:
// dialect/sqlite/statements.hpp, dialect/postgresql/script.hpp.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace evolver {

/// One statement of a script, from its first token to its semicolon. Comments around it belong to none.
struct ScriptStatement {
    std::string_view text;
    std::size_t offset;  ///< Of the first byte in the script.
    std::size_t line;    ///< From 1.
    bool complete;       ///< False for the last one, where a quote, a comment or a body never ends.
};

/// A script without what the transaction around it says already.
struct TransactionScript {
    std::string sql;                      ///< Ends with a semicolon or a line end, so that another may follow.
    std::vector<std::string> notes = {};  ///< What was taken out, and why; each begins with `line N: `.
    bool does_nothing = false;            ///< Nothing but comments is left.
};

}  // namespace evolver
