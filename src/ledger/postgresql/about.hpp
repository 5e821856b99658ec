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

}  // namespace evolver::ledger
