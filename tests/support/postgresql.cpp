#include "support/postgresql.hpp"

#include "evolver/error.hpp"

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include <unistd.h>

namespace evolver::testing {

namespace {

std::string server() {
    auto const* const given = std::getenv("EVOLVER_POSTGRESQL_SERVER");
    if (given == nullptr) {
        throw std::runtime_error{
            "EVOLVER_POSTGRESQL_SERVER is not set: tests/support/postgresql_server start /tmp/server, then "
            "EVOLVER_POSTGRESQL_SERVER='host=/tmp/server user=evolver'"};
    }
    return given;
}

postgresql::Connection to(std::string const& database) {
    return postgresql::Connection::open(server() + " dbname=" + database);
}

}  // namespace

PostgresqlDatabase::PostgresqlDatabase() {
    static std::atomic<int> last{0};
    name_ = "evolver_test_" + std::to_string(getpid()) + "_" + std::to_string(++last);
    to("postgres").run("CREATE DATABASE " + name_ + " TEMPLATE template0");
}

PostgresqlDatabase::~PostgresqlDatabase() {
    try {
        to("postgres").run("DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
    } catch (Error const& error) {
        std::cerr << error.what() << '\n';  // it stays until the server goes
    }
}

std::string PostgresqlDatabase::parameters() const { return server() + " dbname=" + name_; }
postgresql::Connection PostgresqlDatabase::connect() const { return to(name_); }

void PostgresqlDatabase::cut_connections() const {
    (void)to("postgres")
        .query("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1", {name_});
}

}  // namespace evolver::testing
