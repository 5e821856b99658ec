#include "dialect/sqlite/soci_handle.hpp"

#include "evolver/dialect/engine_error.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

namespace evolver::sqlite {

sqlite3* handle_of(soci::session& session) {
    auto* backend = session.get_backend();
    if (backend == nullptr) {
        throw EngineError{
            Failure{.what = "The SOCI session is not connected.", .instead = "open it before the Evolver is made"}};
    }
    if (session.get_backend_name() != "sqlite3") {
        throw EngineError{Failure{.what = "The SOCI session is one of " + session.get_backend_name() +
                                          "; this version of evolver works on SQLite.",
                                  .instead = "open the session with soci::sqlite3"}};
    }
    // A dynamic_cast does not link: SOCI hides the type information of its backends. The name above is the check.
    return reinterpret_cast<sqlite3*>(static_cast<soci::sqlite3_session_backend*>(backend)->conn_);
}

void end(soci::statement& statement) noexcept {
    auto* backend = static_cast<soci::sqlite3_statement_backend*>(statement.get_backend());
    if (backend != nullptr && backend->stmt_ != nullptr) sqlite_api::sqlite3_reset(backend->stmt_);
}

}  // namespace evolver::sqlite
