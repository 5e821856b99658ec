#pragma once

/// Two databases, row by row: one before and one after, a copy and its original.
///
/// For staging, a snapshot, or a window in which nobody writes: both are read in one snapshot each. What two shapes in one live database
/// say is Evolver::reconcile()'s affair.

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace evolver {

struct CompareOptions {
    std::vector<std::string> tables = {};  ///< Empty: all that the application made.
    std::int64_t samples = 10;             ///< How many rows of each table are named.
    bool show_values = false;              ///< Shows what is in them. False: keys, and names of columns.
    std::int64_t most_differences = 0;     ///< It ends once a table has so many. 0: no such rule.
    std::stop_token stop = {};             ///< One that is told to stop throws Error with Retry::helps.
};

struct RowDifference {
    enum class Kind {
        changed,
        missing,  ///< Before, and not after.
        extra,    ///< After, and not before.
    };
    Kind kind = Kind::changed;
    std::string key = {};                   ///< As SQL literals.
    std::vector<std::string> columns = {};  ///< Of a changed row: those that differ.
    std::string before = {};  ///< What they hold, `size = '12'`; empty unless CompareOptions::show_values asks for it.
    std::string after = {};

    /// "changed: key 7 (size)"
    [[nodiscard]] std::string text() const;
};

struct TableDifference {
    std::string table = {};
    std::int64_t rows_before = 0;
    std::int64_t rows_after = 0;
    std::int64_t changed = 0;
    std::int64_t missing = 0;
    std::int64_t extra = 0;
    /// The table is addressed in two ways, or by a hidden rowid: rows are compared as they are, and how often each is there. Rows are named by a
    /// hidden rowid that both have, where the two sets of rows differ.
    bool without_key = false;
    bool equal = true;
    std::vector<RowDifference> rows = {};  ///< The first of them, in the order of the key.
};

struct DatabaseDifference {
    std::vector<std::string> schema = {};      ///< In words. Columns that only one of them has are not compared.
    std::vector<TableDifference> tables = {};  ///< Every table that was compared, by name.

    [[nodiscard]] bool equal() const noexcept;
    /// One line for each difference, with the rows that are named; empty where both are equal.
    [[nodiscard]] std::string text() const;
};

/// Compares the databases in the files `before` and `after`. Values are compared as they are stored: 1 is not '1', NULL is not an empty
/// text, 'a' is not 'A' under NOCASE, and a float differs by its last bit. Rows of tables with a key are matched by it.
///
/// Requires: SQLite databases that are there; both are opened to be read only.
/// Throws:   EngineError where one cannot be read; Error for a table in `options` that neither has, and where it is told to stop.
/// Cost:     one scan of both, and of each range of some thousand rows in which they differ once more. Memory is constant.
[[nodiscard]] DatabaseDifference compare_databases(std::string const& before, std::string const& after,
                                                   CompareOptions const& options = {});

}  // namespace evolver
