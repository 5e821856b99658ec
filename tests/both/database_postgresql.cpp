#include "both/database.hpp"
#include "both/world.hpp"
#include "dialect/postgresql/inspect.hpp"
#include "evolver/schema/digest.hpp"
#include "support/postgresql.hpp"

#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

namespace evolver::testing {

struct Database::Place {
    PostgresqlDatabase database;
};

Database::Database() : place_{std::make_unique<Place>()} {}
Database::~Database() = default;

void Database::open(soci::session& session) const { session.open(soci::postgresql, place_->database.parameters()); }

Engine Database::engine() noexcept { return Engine::postgresql; }

std::string Database::rows(std::string const& sql) const { return Asked{*this}.rows(sql, Asked::Texts::quoted); }

void Database::run_past_triggers(std::string const& sql) const {
    place_->database.connect().run("SET session_replication_role = replica; " + sql);
}

std::string Database::schema() const {
    return canonical(postgresql::inspect(place_->database.connect(), "public"), engine());
}

std::vector<std::string> Database::tables() const {
    std::vector<std::string> names;
    for (auto const& table : postgresql::inspect(place_->database.connect(), "public").tables)
        names.push_back(table.name.text());
    return names;
}

std::string Database::indexes(std::string const& table) const {
    std::string text;
    auto const found = place_->database.connect().query(
        "SELECT x.relname || CASE WHEN i.indisunique THEN ' unique' ELSE '' END FROM pg_index AS i JOIN pg_class AS x "
        "ON "
        "x.oid = i.indexrelid JOIN pg_class AS c ON c.oid = i.indrelid AND c.relname = $1 WHERE i.indisvalid AND NOT "
        "EXISTS "
        "(SELECT FROM pg_constraint AS k WHERE k.conindid = x.oid) ORDER BY x.relname",
        {table});
    for (std::size_t row = 0; row < found.rows.size(); ++row) text += (text.empty() ? "" : "; ") + found.text(row, 0);
    return text;
}

std::string Database::left_over() const {
    auto const found = place_->database.connect().query(
        "SELECT tgname FROM pg_trigger WHERE tgname LIKE '~evolver%' UNION ALL SELECT conname FROM pg_constraint WHERE "
        "conname LIKE 'evolver\\_%' AND conrelid NOT IN (SELECT oid FROM pg_class WHERE relname LIKE 'evolver\\_%') "
        "UNION ALL "
        "SELECT relname FROM pg_class WHERE relkind = 'S' AND relname LIKE 'evolver\\_legacy%' UNION ALL SELECT "
        "relname FROM "
        "pg_class WHERE relkind = 'i' AND relname LIKE 'evolver\\_index%' UNION ALL SELECT proname FROM pg_proc WHERE "
        "proname LIKE 'evolver\\_%' AND proname NOT IN ('evolver_quarantine_row', 'evolver_audit_guard')");
    std::string text;
    for (std::size_t row = 0; row < found.rows.size(); ++row) text += (text.empty() ? "" : "; ") + found.text(row, 0);
    return text;
}

}  // namespace evolver::testing
