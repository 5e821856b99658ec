#include "dialect/postgresql/soci_handle.hpp"

#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

namespace evolver::postgresql {

pg_conn* handle_of(soci::session& session) noexcept {
    // A dynamic_cast does not link: SOCI hides the type information of its backends. The session's name is the check.
    return static_cast<soci::postgresql_session_backend*>(session.get_backend())->conn_;
}

}  // namespace evolver::postgresql
