#pragma once

// The statements that a program of a schema is sure to have something like: one that reads every column of each table and view, one that inserts into
// each naming the columns. Prepared against another schema they tell what that schema breaks: dialect/sqlite/natural_statements.hpp,
// dialect/postgresql/natural_statements.hpp.

#include <string>
#include <vector>

namespace evolver {

struct NaturalStatement {
    std::string object;  ///< "table packages"
    bool reads;          ///< SELECT, else INSERT.
    std::string sql;     ///< Names every column.
    std::string table;
    std::vector<std::string> columns;  ///< That an INSERT gives.
};

/// A statement that worked before and fails now.
struct BrokenStatement {
    std::string object;  ///< "table packages"
    bool reads;
    std::string sql;
    std::string why;  ///< The engine's words, or "it leaves out packages.size, which is NOT NULL and has no default".
    bool works = false;  ///< What it reads can be read, by other columns.
};

}  // namespace evolver
