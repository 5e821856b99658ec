#pragma once

// The one place where evolver touches SQLite: a connection that it opened itself, or the handle inside a SOCI session.
//
// Scripts, catalogue queries and transactions that begin IMMEDIATE go through here, not through SOCI: SOCI runs only the first
// statement of a script, begins DEFERRED, and takes a colon in any text for a bind.
//
// A Connection belongs to one thread at a time. <sqlite3.h> stays out of this header: soci-sqlite3.h, which wraps it into a
// namespace, and <sqlite3.h> cannot meet in one translation unit.

#include "evolver/error.hpp"
#include "evolver/schema/value.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace evolver::sqlite {

using evolver::Blob;
using evolver::Null;
using evolver::to_text;
using evolver::Value;

/// A prepared statement. Binds are by position, from 1. Reset by its destructor's owner; see Connection::prepare.
class Statement {
public:
    Statement(sqlite3* database, std::string_view sql);
    ~Statement();
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&& other) noexcept;
    Statement(Statement const&) = delete;
    Statement& operator=(Statement const&) = delete;

    Statement& bind(int position, Value const& value);
    Statement& bind(int position, std::int64_t value);
    Statement& bind(int position, std::string_view value);
    /// True: there is a row. False: done, and the statement is reset. Throws EngineError (and resets).
    bool step();
    /// Runs to the end, ignoring rows; returns the number of rows that it changed.
    std::int64_t run();
    void reset() noexcept;

    [[nodiscard]] int columns() const noexcept;
    [[nodiscard]] Value value(int column) const;
    [[nodiscard]] std::int64_t integer(int column) const noexcept;
    [[nodiscard]] double real(int column) const noexcept;
    [[nodiscard]] std::string text(int column) const;  ///< Empty for NULL.
    [[nodiscard]] bool is_null(int column) const noexcept;
    [[nodiscard]] sqlite3_stmt* handle() const noexcept { return statement_; }

private:
    sqlite3* database_ = nullptr;
    sqlite3_stmt* statement_ = nullptr;
};

class Connection {
public:
    /// The handle of somebody else's connection, who goes on owning it.
    static Connection borrow(sqlite3* handle);
    /// A connection of its own. `flags` are SQLITE_OPEN_*. Throws EngineError.
    static Connection open(std::string const& path, int flags, std::string const& vfs = {});
    /// A private database in memory.
    static Connection in_memory();

    ~Connection();
    Connection(Connection&& other) noexcept;
    Connection& operator=(Connection&& other) noexcept;
    Connection(Connection const&) = delete;
    Connection& operator=(Connection const&) = delete;

    [[nodiscard]] Statement prepare(std::string_view sql) const { return Statement{handle_, sql}; }
    /// Runs every statement of a script. Throws EngineError that names the statement which failed.
    void run(std::string_view script) const;
    /// The first column of the first row, Null without a row.
    [[nodiscard]] Value scalar(std::string_view sql, std::span<Value const> binds = {}) const;
    [[nodiscard]] std::int64_t integer(std::string_view sql, std::span<Value const> binds = {}) const;
    [[nodiscard]] std::string text(std::string_view sql, std::span<Value const> binds = {}) const;

    [[nodiscard]] bool in_transaction() const noexcept;
    [[nodiscard]] std::int64_t changes() const noexcept;
    /// The absolute path of the main database; empty for one in memory or a temporary one.
    [[nodiscard]] std::string path() const;
    [[nodiscard]] bool read_only() const noexcept;
    [[nodiscard]] sqlite3* handle() const noexcept { return handle_; }

    void busy_timeout(std::chrono::milliseconds wait) const noexcept;
    /// The same, but looks each millisecond or two: SQLite's own way backs off up to 100 ms and starves against a writer who
    /// hardly pauses. Not for a borrowed handle, whose owner has chosen.
    void wait_for_locks(std::chrono::milliseconds wait) const noexcept;
    /// What wait_for_locks() was told last.
    [[nodiscard]] std::chrono::milliseconds waits() const noexcept { return waits_; }
    /// The name of the VFS that the main database was opened through.
    [[nodiscard]] std::string vfs() const;
    /// Turns the firing of triggers on this connection on or off. Do not use it on a borrowed handle.
    void enable_triggers(bool enabled) const noexcept;
    /// A table that only this connection knows, until it reads the schema anew, over the b-tree that begins on page `root`.
    void make_imposter(int root, std::string const& create_table) const;
    /// Refuses "text" in double quotes where no column has that name, as the standard does.
    void refuse_quoted_strings() const noexcept;

    /// How many transactions of evolver's have changed rows by this connection.
    [[nodiscard]] std::int64_t commits() const noexcept { return commits_; }
    void count_commit() const noexcept { ++commits_; }

private:
    Connection(sqlite3* handle, bool owned) noexcept : handle_{handle}, owned_{owned} {}
    sqlite3* handle_ = nullptr;
    bool owned_ = false;
    mutable std::chrono::milliseconds waits_{0};
    mutable std::int64_t commits_ = 0;
};

/// Is there a table of this name, in this spelling?
[[nodiscard]] bool has_table(Connection const& connection, std::string_view name);

/// What is read while it lives is of one moment, also while another process changes the schema: it stands in the transaction that the
/// connection is in, or in one of its own that reads only.
class ReadTransaction {
public:
    explicit ReadTransaction(Connection const& connection);
    ~ReadTransaction();
    ReadTransaction(ReadTransaction const&) = delete;
    ReadTransaction& operator=(ReadTransaction const&) = delete;

private:
    Connection const* connection_;
    bool own_;
};

/// BEGIN IMMEDIATE … COMMIT; rolls back unless committed. Waits for the write lock, with back-off, for at most `wait`, then
/// throws EngineError with Retry::helps. Outside WAL mode COMMIT waits as long for those who read.
class WriteTransaction {
public:
    WriteTransaction(Connection const& connection, std::chrono::milliseconds wait);
    ~WriteTransaction();
    WriteTransaction(WriteTransaction const&) = delete;
    WriteTransaction& operator=(WriteTransaction const&) = delete;
    void commit();
    /// How long the write lock has been held; once it is committed, how long it was.
    [[nodiscard]] std::chrono::microseconds held() const noexcept;
    /// How long commit() took.
    [[nodiscard]] std::chrono::microseconds committing() const noexcept { return committing_; }
    /// How long the write lock was waited for.
    [[nodiscard]] std::chrono::microseconds waited() const noexcept { return waited_; }

private:
    Connection const* connection_;
    std::chrono::milliseconds waited_before_;
    std::chrono::steady_clock::time_point locked_{};
    std::chrono::steady_clock::time_point unlocked_{};
    std::chrono::microseconds waited_{0};
    std::chrono::microseconds committing_{0};
    std::int64_t rows_before_ = 0;  // that were changed ever, by this connection
    bool open_ = true;
};

/// "name" with quotes doubled.
[[nodiscard]] std::string quoted(std::string_view name);
/// 'text' with quotes doubled.
[[nodiscard]] std::string literal(std::string_view text);

}  // namespace evolver::sqlite
