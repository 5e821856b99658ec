#include "support/raw_sqlite.hpp"

#include <sqlite3.h>

namespace evolver::testing {

namespace {

RawSqlite::Rows rows_of(sqlite::Statement& statement) {
    RawSqlite::Rows all;
    while (statement.step()) {
        std::vector<sqlite::Value> row;
        for (int column = 0; column < statement.columns(); ++column) row.push_back(statement.value(column));
        all.push_back(std::move(row));
    }
    return all;
}

/// SQLite calls functions without a context for connections that are opened: there is one watch at a time.
struct Watched {
    std::string part;
    std::function<void()> what;
} watched;

int after_statement(unsigned /*kind*/, void* /*context*/, void* statement, void* /*nanoseconds*/) {
    char const* const sql = sqlite3_sql(static_cast<sqlite3_stmt*>(statement));
    if (!watched.what || sql == nullptr || std::string{sql}.find(watched.part) == std::string::npos) return 0;
    std::exchange(watched.what, nullptr)();
    return 0;
}

int watch_connection(sqlite3* connection, char** /*error*/, void const* /*functions*/) {
    return sqlite3_trace_v2(connection, SQLITE_TRACE_PROFILE, after_statement, nullptr);
}

/// As SQLite declares what it calls with the arguments of watch_connection().
auto* const extension = reinterpret_cast<void (*)()>(watch_connection);

}  // namespace

RawSqlite::RawSqlite(std::string const& path)
    : connection_{sqlite::Connection::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)} {
    connection_.busy_timeout(std::chrono::seconds{10});
}

RawSqlite::Rows RawSqlite::run(std::string const& sql, std::vector<sqlite::Value> const& binds) const {
    auto statement = connection_.prepare(sql);
    int position = 0;
    for (auto const& bind : binds) statement.bind(++position, bind);
    return rows_of(statement);
}

RawSqlite::Rows RawSqlite::run_named(std::string const& sql,
                                     std::vector<std::pair<std::string, sqlite::Value>> const& binds) const {
    auto statement = connection_.prepare(sql);
    for (auto const& [name, value] : binds) {
        int const position = sqlite3_bind_parameter_index(statement.handle(), (":" + name).c_str());
        if (position > 0) statement.bind(position, value);
    }
    return rows_of(statement);
}

void make_defensive(sqlite3* connection) { sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr); }

void deny_schema_changes(sqlite3* connection) {
    auto const judge = [](void*, int action, char const*, char const*, char const*, char const*) {
        switch (action) {
            case SQLITE_SELECT:
            case SQLITE_READ:
            case SQLITE_FUNCTION:
            case SQLITE_RECURSIVE:
            case SQLITE_PRAGMA:
            case SQLITE_TRANSACTION:
            case SQLITE_SAVEPOINT:
            case SQLITE_INSERT:
            case SQLITE_UPDATE:
            case SQLITE_DELETE: return SQLITE_OK;
            default: return SQLITE_DENY;
        }
    };
    sqlite3_set_authorizer(connection, judge, nullptr);
}

AfterStatement::AfterStatement(std::string part, std::function<void()> what) {
    watched = {std::move(part), std::move(what)};
    sqlite3_auto_extension(extension);
}

AfterStatement::~AfterStatement() {
    sqlite3_cancel_auto_extension(extension);
    watched = {};
}

}  // namespace evolver::testing
