#pragma once

// A program that knows nothing of evolver: plain SQLite, a busy timeout, its own SQL.

#include "dialect/sqlite/connection.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace evolver::testing {

class RawSqlite {
public:
    explicit RawSqlite(std::string const& path);

    using Rows = std::vector<std::vector<sqlite::Value>>;

    /// The rows are those of RETURNING.
    Rows run(std::string const& sql, std::vector<sqlite::Value> const& binds = {}) const;
    /// Binds by name, without the colon; names that the statement does not have are passed over.
    Rows run_named(std::string const& sql, std::vector<std::pair<std::string, sqlite::Value>> const& binds) const;
    [[nodiscard]] Rows rows(std::string const& sql) const { return run(sql); }
    [[nodiscard]] std::int64_t integer(std::string const& sql) const { return connection_.integer(sql); }
    [[nodiscard]] sqlite::Connection const& connection() const noexcept { return connection_; }

private:
    sqlite::Connection connection_;
};

/// SQLITE_DBCONFIG_DEFENSIVE
void make_defensive(sqlite3* connection);

/// The connection's authorizer lets it read and write rows, and refuses whatever changes the schema.
void deny_schema_changes(sqlite3* connection);

/// Calls `what` once, after the first statement with `part` in its text, of whichever connection is opened while this lives: what happens
/// between two statements of evolver's own.
class AfterStatement {
public:
    AfterStatement(std::string part, std::function<void()> what);
    ~AfterStatement();
    AfterStatement(AfterStatement const&) = delete;
    AfterStatement& operator=(AfterStatement const&) = delete;
};

}  // namespace evolver::testing
