#include "dialect/postgresql/invariant_sql.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace evolver::postgresql {

std::string invariant_sql(Expression const& query, std::size_t most_rows) {
    return fmt::format("SELECT * FROM ({}\n) AS asked LIMIT {}", query.text(Engine::postgresql), most_rows);
}

std::string explain_invariant(Expression const& query) { return "EXPLAIN " + invariant_sql(query, 1); }

std::string begin_to_ask() { return "SAVEPOINT evolver_asked; SET LOCAL transaction_read_only = on"; }
std::string end_to_ask() { return "ROLLBACK TO evolver_asked; RELEASE evolver_asked"; }

std::string ask_no_longer_than(std::chrono::milliseconds limit) {
    return fmt::format("SET LOCAL statement_timeout = {}", limit.count());
}

std::string tables_read() {
    // A lock says it also of what a view or a function has read.
    return "SELECT DISTINCT format('%I.%I', n.nspname, c.relname) FROM pg_locks AS l JOIN pg_class AS c ON c.oid = "
           "l.relation AND c.relkind IN ('r', 'p') AND c.relname NOT LIKE 'evolver\\_%' JOIN pg_namespace AS n ON "
           "n.oid "
           "= c.relnamespace AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') WHERE l.pid = "
           "pg_backend_pid() AND l.locktype = 'relation' AND l.database = (SELECT d.oid FROM pg_database AS d WHERE "
           "d.datname = current_database()) ORDER BY 1";
}

std::string keep_writers_out(std::vector<std::string> const& tables) {
    return fmt::format("LOCK TABLE {} IN SHARE MODE", fmt::join(tables, ", "));
}

}  // namespace evolver::postgresql
