#pragma once

// A copy of a database's schema, without its rows, in memory: where a plan is tried before the real database is touched.

#include "dialect/sqlite/connection.hpp"

#include <string>
#include <vector>

namespace evolver::sqlite {

struct Clone {
    Connection connection;
    /// Objects that could not be copied, with the reason: an index on a function that only the application has.
    std::vector<std::string> left_out;
};

/// Virtual tables, the tables behind them, and those of the ledger that no trigger names are left out, so are triggers, views and indexes that use functions or collations which
/// only the application registers; text in double quotes that names no column is an error there.
[[nodiscard]] Clone clone_schema(Connection const& source);

/// The statements that make what the application has in `source`, in an order in which they can run: tables, indexes, views, triggers.
[[nodiscard]] std::vector<std::string> create_texts(Connection const& source);

/// The whole database with its rows, in memory: for samples. Throws EngineError.
[[nodiscard]] Connection copy_database(Connection const& source);
/// The same over what `target` holds.
void copy_into(Connection const& source, Connection const& target);

}  // namespace evolver::sqlite
