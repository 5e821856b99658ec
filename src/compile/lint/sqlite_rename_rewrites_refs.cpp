#include "compile/lint/rules.hpp"

#include <algorithm>

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    if (!seen.raw) return;
    for (auto const& table : seen.after.tables) {
        for (auto const& key : table.foreign_keys) {
            if (seen.after.find_table(key.table) != nullptr) continue;
            auto const* const old = seen.before.find_table(table.name);
            if (old == nullptr) continue;  // a child that comes before its parent
            auto const& keys = old->foreign_keys;
            bool const was = std::any_of(keys.begin(), keys.end(),
                                         [&](ForeignKey const& other) { return other.table == key.table; });
            if (was && seen.before.find_table(key.table) == nullptr) continue;
            tell(Severity::error, table.name.text(),
                 "the SQL leaves a foreign key of " + table.name.text() + " to " + key.table.text() +
                     ", which is no table",
                 "create new_x, copy, drop x, rename new_x to x: a rename of the old table takes the foreign keys "
                 "along");
        }
    }
}

}  // namespace

LintRule const sqlite_rename_rewrites_refs{
    .name = "sqlite-rename-rewrites-refs",
    .classification = Classification::behavioural,
    .page = {.catches = "After SQL of your own a foreign key refers to a table that does not exist.",
             .why = "Renaming the old table away makes SQLite rewrite the foreign keys of others to its new "
                    "name; when that table is dropped they lead nowhere, and every write of a child fails "
                    "where foreign keys are enforced.",
             .instead = "Make the new table under a temporary name, copy, drop the old one, and rename the new "
                        "one: in that order nothing is rewritten.",
             .example = "CREATE TABLE new_albums (…); INSERT INTO new_albums SELECT … FROM albums;\n"
                        "DROP TABLE albums; ALTER TABLE new_albums RENAME TO albums;"},
    .judge = judge,
    .only = Engine::sqlite};

}  // namespace evolver::lint_rules
