#pragma once

// The SQLite handle inside a SOCI session.

struct sqlite3;

namespace soci {
class session;
class statement;
}  // namespace soci

namespace evolver::sqlite {

/// Throws EngineError if the session is closed or is not one of SQLite.
[[nodiscard]] sqlite3* handle_of(soci::session& session);

/// Resets a statement that was executed and not read to its end.
void end(soci::statement& statement) noexcept;

}  // namespace evolver::sqlite
