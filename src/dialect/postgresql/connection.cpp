#include "dialect/postgresql/connection.hpp"

#include "evolver/dialect/engine_error.hpp"
#include "evolver/schema/name.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <utility>

namespace evolver::postgresql {

namespace {

struct Clear {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, Clear>;

struct FreeOptions {
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};

/// The server's first line. Where it is about a value, the value stands in quotes: behind a colon, or as in `value "17" is out of range`.
std::string words_of(std::string_view text, std::string_view sqlstate) {
    auto line = text.substr(0, text.find('\n'));
    if (!sqlstate.starts_with("22")) return std::string{line};
    line = line.substr(0, line.find(": \""));
    auto const opened = line.find('"');
    auto const closed = line.rfind('"');
    if (opened == closed) return std::string{line.substr(0, opened)};
    return std::string{line.substr(0, opened)} + "…" + std::string{line.substr(closed + 1)};
}

bool helps(std::string_view sqlstate) {
    constexpr std::array passing{"40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "53300"};
    return sqlstate.starts_with("08") || std::ranges::find(passing, sqlstate) != passing.end();
}

/// What the server has refused has a SQLSTATE. What fails without one has failed on the way: libpq may take the connection for a good one still.
bool is_broken(pg_conn const* handle, PGresult const* result) {
    if (PQstatus(handle) == CONNECTION_BAD || result == nullptr) return true;
    return PQresultStatus(result) == PGRES_FATAL_ERROR && PQresultErrorField(result, PG_DIAG_SQLSTATE) == nullptr;
}

[[noreturn]] void refuse(pg_conn* handle, PGresult const* result, std::string const& sql, bool in_transaction) {
    bool const lost = is_broken(handle, result);
    auto const* const field = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    std::string const sqlstate = field != nullptr ? field : lost ? "08006" : "XX000";
    auto const* const primary = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    auto const words = words_of(primary != nullptr ? primary : PQerrorMessage(handle), sqlstate);
    // What stood in a transaction is gone with it. A statement of its own may have been done before its answer was lost.
    throw EngineError{Failure{.what = "PostgreSQL " + sqlstate + ": " + words,
                              .object = PQdb(handle) == nullptr ? "" : PQdb(handle),
                              .sql = sql,
                              .native_code = code_of(sqlstate),
                              .changed = lost && !in_transaction ? Changed::unknown : Changed::no,
                              .retry = lost || helps(sqlstate) ? Retry::helps : Retry::useless}};
}

bool is_good(PGresult const* result) {
    auto const status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

bool is_open(pg_conn* handle) {
    auto const status = PQtransactionStatus(handle);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

Rows rows_of(PGresult* result) {
    Rows rows;
    auto const columns = static_cast<std::size_t>(PQnfields(result));
    for (int column = 0; column < PQnfields(result); ++column) {
        rows.types.push_back(PQftype(result, column));
        rows.modifiers.push_back(PQfmod(result, column));
    }
    for (int row = 0; row < PQntuples(result); ++row) {
        auto& values = rows.rows.emplace_back(columns);
        for (int column = 0; column < PQnfields(result); ++column) {
            if (PQgetisnull(result, row, column) == 0)
                values[static_cast<std::size_t>(column)] = std::string(
                    PQgetvalue(result, row, column), static_cast<std::size_t>(PQgetlength(result, row, column)));
        }
    }
    std::string_view const changed = PQcmdTuples(result);
    std::from_chars(changed.data(), changed.data() + changed.size(), rows.changed);
    return rows;
}

pg_conn* checked(pg_conn* handle) {
    if (handle != nullptr && PQstatus(handle) == CONNECTION_OK) return handle;
    std::string const why = handle == nullptr ? "out of memory" : PQerrorMessage(handle);
    std::string const database = handle == nullptr || PQdb(handle) == nullptr ? "" : PQdb(handle);
    PQfinish(handle);
    throw EngineError{Failure{.what = "PostgreSQL: no connection: " + why.substr(0, why.find('\n')),
                              .object = database,
                              .native_code = connection_failure,
                              .retry = Retry::helps}};
}

}  // namespace

std::string Rows::text(std::size_t row, std::size_t column) const { return rows.at(row).at(column).value_or(""); }

std::int64_t Rows::integer(std::size_t row, std::size_t column) const {
    auto const& value = rows.at(row).at(column);
    std::int64_t number = 0;
    if (value) std::from_chars(value->data(), value->data() + value->size(), number);
    return number;
}

Connection Connection::borrow(pg_conn* handle) { return Connection{handle, false}; }

Connection Connection::open(std::string const& parameters) {
    auto* const handle = checked(PQconnectdb(parameters.c_str()));
    PQsetNoticeProcessor(
        handle, [](void*, char const*) {}, nullptr);  // a library does not print
    return Connection{handle, true};
}

std::string Connection::parameters() const {
    std::unique_ptr<PQconninfoOption, FreeOptions> const options{PQconninfo(handle_)};
    std::string text;
    for (auto const* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
        if (option->val == nullptr || *option->val == '\0') continue;
        text += std::string{option->keyword} + "='";
        for (char const* letter = option->val; *letter != '\0'; ++letter) {
            if (*letter == '\'' || *letter == '\\') text += '\\';
            text += *letter;
        }
        text += "' ";
    }
    return text;
}

Connection Connection::another() const { return open(parameters()); }

Connection::~Connection() {
    if (owned_) PQfinish(handle_);
}

Connection::Connection(Connection&& other) noexcept
    : handle_{std::exchange(other.handle_, nullptr)},
      owned_{std::exchange(other.owned_, false)},
      broken_{std::exchange(other.broken_, false)} {}

Connection& Connection::operator=(Connection&& other) noexcept {
    std::swap(handle_, other.handle_);
    std::swap(owned_, other.owned_);
    std::swap(broken_, other.broken_);
    return *this;
}

Rows Connection::query(std::string const& sql, std::vector<Text> const& parameters) const {
    std::vector<char const*> values;
    for (auto const& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
    bool const inside = is_open(handle_);
    Result const result{PQexecParams(handle_, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                                     nullptr, nullptr, 0)};
    if (!is_good(result.get())) {
        broken_ = is_broken(handle_, result.get());
        refuse(handle_, result.get(), sql, inside);
    }
    return rows_of(result.get());
}

std::string Connection::run(std::string const& script) const {
    bool const inside = is_open(handle_);
    Result const result{PQexec(handle_, script.c_str())};
    if (!is_good(result.get())) {
        broken_ = is_broken(handle_, result.get());
        refuse(handle_, result.get(), script, inside);
    }
    return PQcmdStatus(result.get());
}

std::int64_t Connection::integer(std::string const& sql, std::vector<Text> const& parameters) const {
    auto const rows = query(sql, parameters);
    return rows.empty() ? 0 : rows.integer(0, 0);
}

std::string Connection::text(std::string const& sql, std::vector<Text> const& parameters) const {
    auto const rows = query(sql, parameters);
    return rows.empty() ? std::string{} : rows.text(0, 0);
}

bool Connection::in_transaction() const noexcept { return is_open(handle_); }
bool Connection::is_lost() const noexcept { return broken_ || PQstatus(handle_) == CONNECTION_BAD; }

void Connection::revive() const {
    if (!owned_ || !is_lost()) return;
    PQreset(handle_);
    broken_ = false;
    if (is_lost()) refuse(handle_, nullptr, {}, true);
}

int Connection::server_version() const noexcept { return PQserverVersion(handle_); }

Transaction::Transaction(Connection const& connection, std::chrono::milliseconds lock_timeout, Sees sees)
    : connection_{&connection} {
    std::string const level = sees == Sees::one_moment ? "REPEATABLE READ READ ONLY" : "READ COMMITTED";
    connection.run("BEGIN ISOLATION LEVEL " + level +
                   "; SET LOCAL lock_timeout = " + std::to_string(std::max<std::int64_t>(1, lock_timeout.count())));
}

Transaction::~Transaction() {
    try {
        if (open_ && connection_->in_transaction()) connection_->run("ROLLBACK");
    } catch (Error const&) {
        // The connection is lost, and the transaction with it.
    }
}

void Transaction::commit() {
    open_ = false;
    std::string did;
    try {
        did = connection_->run("COMMIT");
    } catch (EngineError const& error) {
        if (!connection_->is_lost()) throw;  // a constraint that was deferred: rolled back
        throw EngineError{
            Failure{.what = "PostgreSQL: the connection was lost at COMMIT, which the server may have done.",
                    .object = error.object(),
                    .native_code = error.native_code(),
                    .changed = Changed::unknown,
                    .retry = Retry::helps}};
    }
    if (did == "COMMIT") return;
    throw EngineError{Failure{.what = "PostgreSQL: the transaction had failed before its COMMIT, and was rolled back.",
                              .native_code = code_of("25P02")}};
}

std::string quoted(std::string_view name) {
    // The server would cut it off in silence, and what is left may be the name of something else.
    constexpr std::size_t longest = 63;
    if (name.size() > longest) {
        throw NameError{Failure{.what = "The name \"" + std::string{name} + "\" has " + std::to_string(name.size()) +
                                        " bytes, and PostgreSQL keeps " + std::to_string(longest) + " of them.",
                                .object = std::string{name},
                                .instead = "give it a shorter name"}};
    }
    std::string text = "\"";
    for (char const letter : name) {
        text += letter;
        if (letter == '"') text += '"';
    }
    return text + '"';
}

std::string dollar_quoted(std::string const& body) {
    std::string tag = "$evolver$";
    while (body.find(tag) != std::string::npos) tag.insert(tag.size() - 1, "_");
    return tag + body + tag;
}

std::string literal(std::string_view text) {
    bool const escapes = text.find('\\') != std::string_view::npos;
    std::string result = escapes ? " E'" : "'";
    for (char const letter : text) {
        result += letter;
        if (letter == '\'' || letter == '\\') result += letter;
    }
    return result + "'";
}

}  // namespace evolver::postgresql
