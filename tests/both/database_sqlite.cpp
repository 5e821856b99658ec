#include "both/database.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "evolver/schema/digest.hpp"
#include "support/folder.hpp"
#include "support/raw_sqlite.hpp"
#include "support/rows.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

namespace evolver::testing {

struct Database::Place {
    Folder folder;
};

Database::Database() : place_{std::make_unique<Place>()} {}
Database::~Database() = default;

void Database::open(soci::session& session) const {
    session.open(soci::sqlite3, "db=" + place_->folder.database() + " timeout=10");
    session << "PRAGMA foreign_keys = ON";
}

Engine Database::engine() noexcept { return Engine::sqlite; }

std::string Database::rows(std::string const& sql) const {
    return support::rows(RawSqlite{place_->folder.database()}.connection(), sql);
}

void Database::run_past_triggers(std::string const& sql) const {
    RawSqlite const careless{place_->folder.database()};
    careless.connection().enable_triggers(false);
    careless.run(sql);
}

std::string Database::schema() const {
    return canonical(sqlite::inspect(RawSqlite{place_->folder.database()}.connection()), engine());
}

std::vector<std::string> Database::tables() const {
    std::vector<std::string> names;
    for (auto const& row :
         RawSqlite{place_->folder.database()}.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT "
                                                   "LIKE 'evolver!_%' ESCAPE '!' AND name NOT "
                                                   "LIKE 'sqlite!_%' ESCAPE '!'"))
        names.push_back(std::get<std::string>(row[0]));
    return names;
}

std::string Database::indexes(std::string const& table) const {
    std::string text;
    for (auto const& row : RawSqlite{place_->folder.database()}.rows(
             "SELECT name, CASE \"unique\" WHEN 1 THEN ' unique' ELSE '' END FROM pragma_index_list('" + table +
             "') WHERE origin = 'c' ORDER BY name"))
        text += (text.empty() ? "" : "; ") + std::get<std::string>(row[0]) + std::get<std::string>(row[1]);
    return text;
}

std::string Database::left_over() const {
    RawSqlite const outside{place_->folder.database()};
    auto left = support::rows(outside.connection(),
                              "SELECT name FROM sqlite_schema WHERE (type IN ('trigger', 'view') OR name LIKE "
                              "'evolver!_trash%' ESCAPE '!') AND name LIKE 'evolver!_%' ESCAPE '!' AND "
                              "name NOT LIKE 'evolver!_audit!_%' ESCAPE '!'");
    if (!outside.rows("PRAGMA foreign_key_check").empty()) left += " a row refers to nothing";
    auto const sound = support::rows(outside.connection(), "PRAGMA integrity_check");
    return sound == "'ok'" ? left : left + " " + sound;
}

}  // namespace evolver::testing
