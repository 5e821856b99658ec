#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    if (seen.live == nullptr || seen.live->sqlite->foreign_keys || seen.expanded) return;
    std::string table;
    if (auto const* added = seen.as<AddForeignKey>()) table = added->table.text();
    if (auto const* made = seen.as<CreateTable>(); made != nullptr && !made->foreign_keys.empty())
        table = made->table.text();
    if (table.empty()) return;
    tell(Severity::warning, table,
         "a foreign key of " + table +
             " is added, and the session does not enforce foreign keys: SQLite does so only where it is told to",
         "db << \"PRAGMA foreign_keys = ON\" right after each session is opened");
}

}  // namespace

LintRule const sqlite_fk_off{
    .name = "sqlite-fk-off",
    .classification = Classification::constraint,
    .page = {.catches = "A foreign key on a session that does not enforce foreign keys, which is SQLite's "
                        "default.",
             .why = "The constraint stands in the schema and holds nobody to it: orphans come in without an "
                    "error.",
             .instead = "Switch it on in every program, for every connection, right after it is opened; PRAGMA "
                        "foreign_key_check finds what came in before.",
             .example = "soci::session db{soci::sqlite3, \"db=catalogue.db timeout=5\"};\n"
                        "db << \"PRAGMA foreign_keys = ON\";"},
    .judge = judge,
    .only = Engine::sqlite};

}  // namespace evolver::lint_rules
