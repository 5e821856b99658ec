#include "dialect/sqlite/connection.hpp"

#include "dialect/sqlite/statements.hpp"
#include "evolver/dialect/engine_error.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <thread>
#include <utility>

namespace evolver::sqlite {

namespace {

/// SQLite's busy handler: sleeps longer and longer, up to two milliseconds, until the limit that the argument carries is over.
int sleep_while_busy(void* limit, int attempt) {
    using Clock = std::chrono::steady_clock;
    thread_local Clock::time_point began;  // a thread waits for one lock at a time
    if (attempt == 0) began = Clock::now();
    if (Clock::now() - began >= std::chrono::milliseconds{reinterpret_cast<std::intptr_t>(limit)}) return 0;
    std::this_thread::sleep_for(std::chrono::microseconds{200 * std::min(attempt + 1, 10)});
    return 1;
}

bool is_busy(int code) { return (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED; }

std::string advice_for(int code) {
    switch (code) {
        case SQLITE_READONLY_CANTINIT:
        case SQLITE_READONLY_DIRECTORY:
        case SQLITE_READONLY_RECOVERY:
            return "give this process the right to write the folder: a database in WAL mode that nobody has open is "
                   "read by way of its -wal and -shm, which "
                   "have to be made there";
        default: break;
    }
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return "call again when the other connection has finished, or wait longer (Options::wait)";
        case SQLITE_READONLY:
            return "open the database for writing, or call attach() in a process that may not change the schema";
        case SQLITE_AUTH:
            return "let the session's authorizer allow it, or do it in a process that may: attach() changes no schema";
        case SQLITE_FULL:
            return "free space on the disk, then call again: nothing is lost, evolver goes on where it stopped";
        case SQLITE_NOTADB:
            return "check the path: this file is no SQLite database (or it is encrypted, and no key was given)";
        case SQLITE_CANTOPEN: return "check the path and the permissions of the file and of its folder";
        case SQLITE_CORRUPT: return "run PRAGMA integrity_check, and restore the file from a backup";
        default: return {};
    }
}

/// `object`: of a database that could not be opened, which does not know its own path.
[[noreturn]] void fail(sqlite3* database, int code, std::string_view sql, std::string object = {}) {
    int const extended = database != nullptr ? sqlite3_extended_errcode(database) : code;
    // The extended code is that of the last call on the handle; keep it only where it refines the code at hand.
    int const native = (extended & 0xff) == (code & 0xff) ? extended : code;
    std::string what = "SQLite: ";
    what += database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
    if (database != nullptr && object.empty()) {
        char const* path = sqlite3_db_filename(database, "main");
        if (path != nullptr && *path != '\0') object = path;
    }
    throw EngineError{Failure{.what = std::move(what),
                              .object = std::move(object),
                              .instead = advice_for(native),
                              .sql = std::string{sql},
                              .native_code = native,
                              .retry = is_busy(native) ? Retry::helps : Retry::useless}};
}

/// Where the engine does not understand a statement, its tail is the word at which it gave up.
std::string_view first_statement(std::string_view script) {
    auto const statements = split(script);
    return statements.empty() ? script : statements.front().text;
}

}  // namespace

Statement::Statement(sqlite3* database, std::string_view sql) : database_{database} {
    int const code = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()), 0, &statement_, nullptr);
    if (code != SQLITE_OK) fail(database, code, sql);
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement::Statement(Statement&& other) noexcept
    : database_{other.database_}, statement_{std::exchange(other.statement_, nullptr)} {}

Statement& Statement::operator=(Statement&& other) noexcept {
    std::swap(database_, other.database_);
    std::swap(statement_, other.statement_);
    return *this;
}

Statement& Statement::bind(int position, Value const& value) {
    struct Visitor {
        sqlite3_stmt* statement;
        int position;
        int operator()(Null) const { return sqlite3_bind_null(statement, position); }
        int operator()(std::int64_t number) const { return sqlite3_bind_int64(statement, position, number); }
        int operator()(double number) const { return sqlite3_bind_double(statement, position, number); }
        int operator()(std::string const& text) const {
            return sqlite3_bind_text64(statement, position, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
        }
        int operator()(Blob const& bytes) const {
            return sqlite3_bind_blob64(statement, position, bytes.empty() ? "" : static_cast<void const*>(bytes.data()),
                                       bytes.size(), SQLITE_TRANSIENT);
        }
    };
    int const code = std::visit(Visitor{statement_, position}, value);
    if (code != SQLITE_OK) fail(database_, code, sqlite3_sql(statement_));
    return *this;
}

Statement& Statement::bind(int position, std::int64_t value) { return bind(position, Value{value}); }
Statement& Statement::bind(int position, std::string_view value) { return bind(position, Value{std::string{value}}); }

bool Statement::step() {
    int const code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) {
        sqlite3_reset(statement_);
        return false;
    }
    std::string const sql = sqlite3_sql(statement_) != nullptr ? sqlite3_sql(statement_) : "";
    try {
        fail(database_, code, sql);
    } catch (...) {
        sqlite3_reset(statement_);
        throw;
    }
}

std::int64_t Statement::run() {
    while (step()) {
    }
    return sqlite3_changes64(database_);
}

void Statement::reset() noexcept { sqlite3_reset(statement_); }

int Statement::columns() const noexcept { return sqlite3_column_count(statement_); }
std::int64_t Statement::integer(int column) const noexcept { return sqlite3_column_int64(statement_, column); }
double Statement::real(int column) const noexcept { return sqlite3_column_double(statement_, column); }
bool Statement::is_null(int column) const noexcept { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::string Statement::text(int column) const {
    auto const* bytes = reinterpret_cast<char const*>(sqlite3_column_text(statement_, column));
    return bytes == nullptr ? std::string{}
                            : std::string{bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Value Statement::value(int column) const {
    switch (sqlite3_column_type(statement_, column)) {
        case SQLITE_INTEGER: return integer(column);
        case SQLITE_FLOAT: return real(column);
        case SQLITE_TEXT: return text(column);
        case SQLITE_BLOB: {
            auto const* bytes = static_cast<std::byte const*>(sqlite3_column_blob(statement_, column));
            return Blob(bytes, bytes + sqlite3_column_bytes(statement_, column));
        }
        default: return Null{};
    }
}

Connection Connection::borrow(sqlite3* handle) { return Connection{handle, false}; }

Connection Connection::open(std::string const& path, int flags, std::string const& vfs) {
    sqlite3* handle = nullptr;
    // Nobody uses one from two threads at once, so no call has to take the connection's mutex.
    int const code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX,
                                     vfs.empty() ? nullptr : vfs.c_str());
    Connection connection{handle, true};
    if (code != SQLITE_OK) fail(handle, code, {}, path);
    return connection;
}

Connection Connection::in_memory() { return open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE); }

Connection::~Connection() {
    if (owned_) sqlite3_close_v2(handle_);
}

Connection::Connection(Connection&& other) noexcept
    : handle_{std::exchange(other.handle_, nullptr)},
      owned_{std::exchange(other.owned_, false)},
      waits_{other.waits_} {}

Connection& Connection::operator=(Connection&& other) noexcept {
    std::swap(handle_, other.handle_);
    std::swap(owned_, other.owned_);
    std::swap(waits_, other.waits_);
    return *this;
}

void Connection::run(std::string_view script) const {
    char const* rest = script.data();
    char const* const end = script.data() + script.size();
    while (rest < end) {
        sqlite3_stmt* statement = nullptr;
        char const* tail = nullptr;
        int code = sqlite3_prepare_v3(handle_, rest, static_cast<int>(end - rest), 0, &statement, &tail);
        if (code != SQLITE_OK) fail(handle_, code, first_statement({rest, static_cast<std::size_t>(end - rest)}));
        if (statement != nullptr) {
            while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
            }
            if (code != SQLITE_DONE) {
                try {
                    fail(handle_, code, first_statement({rest, static_cast<std::size_t>(end - rest)}));
                } catch (...) {
                    sqlite3_finalize(statement);
                    throw;
                }
            }
            sqlite3_finalize(statement);
        }
        if (tail == rest || tail == nullptr) break;
        rest = tail;
    }
}

Value Connection::scalar(std::string_view sql, std::span<Value const> binds) const {
    auto statement = prepare(sql);
    int position = 0;
    for (auto const& bind : binds) statement.bind(++position, bind);
    if (!statement.step()) return Null{};
    return statement.value(0);
}

std::int64_t Connection::integer(std::string_view sql, std::span<Value const> binds) const {
    auto const value = scalar(sql, binds);
    auto const* number = std::get_if<std::int64_t>(&value);
    return number != nullptr ? *number : 0;
}

std::string Connection::text(std::string_view sql, std::span<Value const> binds) const {
    auto const value = scalar(sql, binds);
    auto const* text = std::get_if<std::string>(&value);
    return text != nullptr ? *text : std::string{};
}

bool Connection::in_transaction() const noexcept { return sqlite3_get_autocommit(handle_) == 0; }
std::int64_t Connection::changes() const noexcept { return sqlite3_changes64(handle_); }

std::string Connection::path() const {
    char const* path = sqlite3_db_filename(handle_, "main");
    return path != nullptr ? path : "";
}

bool Connection::read_only() const noexcept { return sqlite3_db_readonly(handle_, "main") == 1; }

void Connection::busy_timeout(std::chrono::milliseconds wait) const noexcept {
    sqlite3_busy_timeout(handle_, static_cast<int>(wait.count()));
}

void Connection::wait_for_locks(std::chrono::milliseconds wait) const noexcept {
    if (!owned_) return;
    waits_ = wait;
    sqlite3_busy_handler(handle_, sleep_while_busy, reinterpret_cast<void*>(static_cast<std::intptr_t>(wait.count())));
}

std::string Connection::vfs() const {
    sqlite3_vfs* vfs = nullptr;
    if (sqlite3_file_control(handle_, "main", SQLITE_FCNTL_VFS_POINTER, &vfs) != SQLITE_OK || vfs == nullptr) return {};
    return vfs->zName;
}

void Connection::enable_triggers(bool enabled) const noexcept {
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_TRIGGER, enabled ? 1 : 0, nullptr);
}

void Connection::make_imposter(int root, std::string const& create_table) const {
    (void)integer(
        "SELECT count(*) FROM main.sqlite_schema");  // the schema is read first: what is read later knows no imposter
    sqlite3_test_control(SQLITE_TESTCTRL_IMPOSTER, handle_, "main", 1, root);
    try {
        run(create_table);
    } catch (...) {
        sqlite3_test_control(SQLITE_TESTCTRL_IMPOSTER, handle_, "main", 0, 0);
        throw;
    }
    sqlite3_test_control(SQLITE_TESTCTRL_IMPOSTER, handle_, "main", 0, 0);
}

void Connection::refuse_quoted_strings() const noexcept {
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
}

bool has_table(Connection const& connection, std::string_view name) {
    Value const wanted = std::string{name};
    return connection.integer("SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND name = ?1",
                              {&wanted, 1}) != 0;
}

ReadTransaction::ReadTransaction(Connection const& connection)
    : connection_{&connection}, own_{!connection.in_transaction()} {
    if (own_) connection.run("BEGIN");
}

ReadTransaction::~ReadTransaction() {
    try {
        // Not ROLLBACK, which would end a query that the application still reads from.
        if (own_ && connection_->in_transaction()) connection_->run("COMMIT");
    } catch (Error const&) {
        // It wrote nothing; what was read stands.
        return;
    }
}

WriteTransaction::WriteTransaction(Connection const& connection, std::chrono::milliseconds wait)
    : connection_{&connection}, waited_before_{connection.waits()} {
    connection.wait_for_locks(wait);
    auto const asked = std::chrono::steady_clock::now();
    try {
        connection.run("BEGIN IMMEDIATE");
        locked_ = std::chrono::steady_clock::now();
        waited_ = std::chrono::duration_cast<std::chrono::microseconds>(locked_ - asked);
        rows_before_ = sqlite3_total_changes64(connection.handle());
    } catch (...) {
        connection.wait_for_locks(waited_before_);
        throw;
    }
}

WriteTransaction::~WriteTransaction() {
    if (open_ && connection_->in_transaction()) {
        try {
            connection_->run("ROLLBACK");
        } catch (Error const&) {
            // Nothing can be done here, and nothing is lost: SQLite rolls the transaction back when the connection closes.
            open_ = false;
        }
    }
    connection_->wait_for_locks(waited_before_);
}

void WriteTransaction::commit() {
    // No step changes the schema alone: the ledger's rows say so in the same transaction.
    bool const changes = sqlite3_total_changes64(connection_->handle()) != rows_before_;
    auto const start = std::chrono::steady_clock::now();
    connection_->run("COMMIT");
    if (changes) connection_->count_commit();
    unlocked_ = std::chrono::steady_clock::now();
    committing_ = std::chrono::duration_cast<std::chrono::microseconds>(unlocked_ - start);
    open_ = false;
}

std::chrono::microseconds WriteTransaction::held() const noexcept {
    return std::chrono::duration_cast<std::chrono::microseconds>(
        (open_ ? std::chrono::steady_clock::now() : unlocked_) - locked_);
}

std::string quoted(std::string_view name) {
    std::string text = "\"";
    for (char const letter : name) {
        text += letter;
        if (letter == '"') text += '"';
    }
    return text + '"';
}

std::string literal(std::string_view text) {
    std::string quoted_text = "'";
    for (char const letter : text) {
        quoted_text += letter;
        if (letter == '\'') quoted_text += '\'';
    }
    return quoted_text + "'";
}

}  // namespace evolver::sqlite
