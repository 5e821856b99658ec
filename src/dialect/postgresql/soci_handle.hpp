#pragma once

// The PostgreSQL handle inside a SOCI session.

struct pg_conn;

namespace soci {
class session;
}

namespace evolver::postgresql {

/// Requires: the session is open, and one of PostgreSQL.
[[nodiscard]] pg_conn* handle_of(soci::session& session) noexcept;

}  // namespace evolver::postgresql
