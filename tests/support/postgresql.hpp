#pragma once

// Databases on the server that the tests were given: EVOLVER_POSTGRESQL_SERVER has its connection parameters, without a database. Under CTest that
// is a server of its own; by hand, tests/support/postgresql_server starts one.

#include "dialect/postgresql/connection.hpp"

#include <string>

namespace evolver::testing {

/// An empty database, dropped with everybody in it.
class PostgresqlDatabase {
public:
    PostgresqlDatabase();
    ~PostgresqlDatabase();
    PostgresqlDatabase(PostgresqlDatabase const&) = delete;
    PostgresqlDatabase& operator=(PostgresqlDatabase const&) = delete;

    [[nodiscard]] postgresql::Connection connect() const;
    /// For a session of SOCI's.
    [[nodiscard]] std::string parameters() const;
    /// By somebody else, who may do anything: ends every other connection to it.
    void cut_connections() const;

private:
    std::string name_;
};

}  // namespace evolver::testing
