#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    if (!seen.raw || seen.live == nullptr || !seen.live->sqlite->in_memory || !seen.live->sqlite->foreign_keys ||
        seen.expanded)
        return;
    for (auto const& statement : seen.raw->expand) {
        for (auto const& dropped : statement.touched.dropped) {
            for (auto const& child : seen.before.tables) {
                for (auto const& key : child.foreign_keys) {
                    if (!(key.table == Name{dropped}) || key.on_delete == "NO ACTION" || key.on_delete == "RESTRICT")
                        continue;
                    tell(Severity::error, child.name.text(),
                         "the SQL drops " + dropped + " on a session that enforces foreign keys: ON DELETE " +
                             key.on_delete + " reaches every row of " + child.name.text(),
                         "db << \"PRAGMA foreign_keys = OFF\" before expand(), and ON after it: inside a transaction "
                         "it does nothing");
                }
            }
        }
    }
}

}  // namespace

LintRule const sqlite_rebuild_fk_cascade{
    .name = "sqlite-rebuild-fk-cascade",
    .classification = Classification::destructive,
    .page = {.catches = "SQL of your own drops a parent table on a session that enforces foreign keys. A database "
                        "in a file is migrated on a connection of evolver's own, with foreign keys off; one in "
                        "memory has only your session.",
             .why = "DROP TABLE deletes the rows first: ON DELETE CASCADE then deletes every child, SET NULL "
                    "orphans them all.",
             .instead = "Switch foreign keys off before expand(). evolver looks for orphans afterwards: lint says "
                        "how many a text leaves.",
             .example = "db << \"PRAGMA foreign_keys = OFF\";\n"
                        "evolver.expand();\n"
                        "db << \"PRAGMA foreign_keys = ON\";"},
    .judge = judge,
    .only = Engine::sqlite};

}  // namespace evolver::lint_rules
