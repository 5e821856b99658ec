#pragma once

// The statements that a program of a schema is sure to have something like: one that reads every column of each table
// and view, one that inserts into each naming the columns. Prepared against another schema they tell what that schema
// breaks.

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/stand_ins.hpp"

#include <string>
#include <vector>

namespace evolver::sqlite {

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

/// Those that the schema of `connection` understands itself, without evolver's and SQLite's own tables. Text in double
/// quotes that names no column is an error to them. Without stand-ins, those that need a function of the application's
/// are left out.
[[nodiscard]] std::vector<NaturalStatement> natural_statements(Connection const& connection,
                                                               StandIns* stand_ins = nullptr);

/// Those of `statements` that fail on `connection`. Nothing is run. Not seen: rows that a new CHECK, UNIQUE or type
/// refuses.
[[nodiscard]] std::vector<BrokenStatement> broken(std::vector<NaturalStatement> const& statements,
                                                  Connection const& connection, StandIns* stand_ins = nullptr);

}  // namespace evolver::sqlite
