#pragma once

// The one place where evolver touches PostgreSQL: a connection that it opened itself, or the handle inside a SOCI session.
//
// - A connection may be one of a pool that hands out another server process for each transaction. So nothing is left in a session: settings are SET
//   LOCAL, advisory locks are those of a transaction, statements are not prepared under a name.
// - SOCI reads a colon in any text as a bind, and takes what a COMMIT does to a transaction that has failed, a rollback, for a success. Here
//   that is an error.
// - Parameters and results travel as text; what a parameter is, the statement says by a cast.
// - Messages have the server's first line without what it quotes from rows. DETAIL and CONTEXT, which show rows, stay out.
//
// A Connection belongs to one thread at a time.

#include "evolver/error.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn;

namespace evolver::postgresql {

/// A value as text; none for NULL.
using Text = std::optional<std::string>;

/// What a statement returned.
struct Rows {
    std::vector<std::vector<Text>> rows;
    std::int64_t changed = 0;          ///< Rows that it inserted, updated or deleted.
    std::vector<unsigned> types = {};  ///< Of the columns, as pg_type numbers them.
    std::vector<int> modifiers = {};   ///< Of these: length and precision, as pg_attribute has them.

    [[nodiscard]] bool empty() const noexcept { return rows.empty(); }
    /// Empty for NULL.
    [[nodiscard]] std::string text(std::size_t row, std::size_t column) const;
    /// 0 for NULL.
    [[nodiscard]] std::int64_t integer(std::size_t row, std::size_t column) const;
};

class Connection {
public:
    /// The handle of somebody else's connection, who goes on owning it.
    static Connection borrow(pg_conn* handle);
    /// A connection of its own. Throws EngineError.
    static Connection open(std::string const& parameters);
    /// How such a connection is opened, with its password: for open(), never for a message.
    [[nodiscard]] std::string parameters() const;
    /// Another connection to the same database, as the same user.
    [[nodiscard]] Connection another() const;

    ~Connection();
    Connection(Connection&& other) noexcept;
    Connection& operator=(Connection&& other) noexcept;
    Connection(Connection const&) = delete;
    Connection& operator=(Connection const&) = delete;

    /// One statement with parameters $1, $2 … Throws EngineError: Changed::unknown where the connection is lost outside of a transaction, since
    /// the server may have done it; Retry::helps for locks, deadlocks, serialization failures and lost connections.
    Rows query(std::string const& sql, std::vector<Text> const& parameters = {}) const;
    /// Every statement of a script. Returns the server's word for what the last one did: "COMMIT".
    std::string run(std::string const& script) const;
    /// The first column of the first row; 0, or empty, without a row.
    [[nodiscard]] std::int64_t integer(std::string const& sql, std::vector<Text> const& parameters = {}) const;
    [[nodiscard]] std::string text(std::string const& sql, std::vector<Text> const& parameters = {}) const;

    [[nodiscard]] bool in_transaction() const noexcept;
    [[nodiscard]] bool is_lost() const noexcept;
    /// Connects again, if the connection is lost and evolver's own. Throws EngineError.
    void revive() const;
    /// 150003
    [[nodiscard]] int server_version() const noexcept;

private:
    Connection(pg_conn* handle, bool owned) noexcept : handle_{handle}, owned_{owned} {}
    pg_conn* handle_ = nullptr;
    bool owned_ = false;
    mutable bool broken_ = false;  // also where libpq does not say so yet
};

/// What the statements of a transaction see of others.
enum class Sees {
    what_is_committed,  ///< Each what is committed when it begins: READ COMMITTED.
    one_moment          ///< All what was committed when the first began: REPEATABLE READ, READ ONLY.
};

/// BEGIN … COMMIT, whatever the role's default is; rolled back unless committed.
class Transaction {
public:
    /// No statement in it waits longer for a lock than `lock_timeout`.
    Transaction(Connection const& connection, std::chrono::milliseconds lock_timeout,
                Sees sees = Sees::what_is_committed);
    ~Transaction();
    Transaction(Transaction const&) = delete;
    Transaction& operator=(Transaction const&) = delete;

    /// Throws EngineError: Changed::unknown where the connection is lost on the way; where the server has rolled it back.
    void commit();

private:
    Connection const* connection_;
    bool open_ = true;
};

/// A SQLSTATE as Error::native_code() has it.
[[nodiscard]] constexpr int code_of(std::string_view sqlstate) noexcept {
    int code = 0;
    for (char const letter : sqlstate) {
        int const digit = letter >= '0' && letter <= '9' ? letter - '0' : letter - 'A' + 10;
        code = code * 36 + digit;
    }
    return code;
}

inline constexpr int lock_not_available = code_of("55P03");
inline constexpr int deadlock_detected = code_of("40P01");
inline constexpr int serialization_failure = code_of("40001");
inline constexpr int unique_violation = code_of("23505");
inline constexpr int undefined_table = code_of("42P01");
inline constexpr int insufficient_privilege = code_of("42501");
inline constexpr int protocol_violation = code_of("08P01");
inline constexpr int query_canceled = code_of("57014");
inline constexpr int connection_failure = code_of("08006");

/// "name" with quotes doubled. Throws NameError for one that is longer than the server keeps.
[[nodiscard]] std::string quoted(std::string_view name);
/// 'text' with quotes doubled; as it is under standard_conforming_strings, or with E'' where it holds a backslash.
[[nodiscard]] std::string literal(std::string_view text);
/// The body of a function between dollar signs that do not occur in it.
[[nodiscard]] std::string dollar_quoted(std::string const& body);

}  // namespace evolver::postgresql
