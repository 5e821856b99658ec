#pragma once

// Statements about one migration of a plan: $1 is the plan, $2 the position, more follow.

#include "dialect/postgresql/connection.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace evolver::ledger {

/// `sql` says `WHERE plan = $1 AND position = CAST($2 AS bigint)`.
inline postgresql::Rows about(postgresql::Connection const& connection, std::string const& sql, std::string const& plan,
                              std::int64_t position, std::vector<postgresql::Text> more = {}) {
    more.insert(more.begin(), {plan, std::to_string(position)});
    return connection.query(sql, more);
}

/// One of evolver's own, in the schema that is the current one.
inline bool has_table(postgresql::Connection const& connection, std::string const& name) {
    return connection.text("SELECT to_regclass($1) IS NOT NULL", {name}) == "t";
}

/// Takes the lock under which tables of the ledger are made: two who say IF NOT EXISTS at once both find nothing, and one of them fails.
inline void make_alone(postgresql::Connection const& connection) {
    connection.run("SELECT pg_advisory_xact_lock(hashtextextended('evolver_ledger', 0))");
}

/// Waits for the batches of a migration that are under way; to the end of the transaction no other begins.
/// A batch only shares the row of its migration, and where there is always one of several workers' at work, nobody ever gets that row for himself:
/// who shares does not queue up behind who waits. With an advisory lock he does. It ends with the transaction, so it needs no session of its own.
inline void keep_fillers_out(postgresql::Connection const& connection, std::string const& plan, std::int64_t position) {
    (void)about(connection, "SELECT pg_advisory_xact_lock(hashtextextended('evolver_fill ' || $2 || ' ' || $1, 0))",
                plan, position);
}
/// The other side of it: for a batch.
inline void enter_as_filler(postgresql::Connection const& connection, std::string const& plan, std::int64_t position) {
    (void)about(connection,
                "SELECT pg_advisory_xact_lock_shared(hashtextextended('evolver_fill ' || $2 || ' ' || $1, 0))", plan,
                position);
}

}  // namespace evolver::ledger
