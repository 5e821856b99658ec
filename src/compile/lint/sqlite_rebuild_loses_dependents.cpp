#include "compile/lint/rules.hpp"

#include <algorithm>

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    if (!seen.raw) return;
    auto const rebuilt = [&](Name const& table) {
        auto const& all_rebuilt = seen.raw->replayed.rebuilt;
        return seen.in_use(table) && std::any_of(all_rebuilt.begin(), all_rebuilt.end(),
                                                 [&](std::string const& name) { return table == Name{name}; });
    };
    for (auto const& index : seen.before.indexes) {
        if (!rebuilt(index.table) || seen.after.find_index(index.name) != nullptr) continue;
        tell(Severity::error, index.name.text(),
             "the SQL makes " + index.table.text() + " anew and loses its index " + index.name.text(),
             "make it anew after the rename: CREATE INDEX " + index.name.text() + " ON " + index.table.text() + " (…)");
    }
    for (auto const& trigger : seen.before.triggers) {
        auto const& left = seen.after.triggers;
        if (!rebuilt(trigger.table) ||
            std::any_of(left.begin(), left.end(), [&](Trigger const& other) { return other.name == trigger.name; }))
            continue;
        tell(Severity::error, trigger.name.text(),
             "the SQL makes " + trigger.table.text() + " anew and loses its trigger " + trigger.name.text(),
             "make it anew after the rename: CREATE TRIGGER " + trigger.name.text() + " …");
    }
}

}  // namespace

LintRule const sqlite_rebuild_loses_dependents{
    .name = "sqlite-rebuild-loses-dependents",
    .classification = Classification::behavioural,
    .page = {.catches = "A table is made anew by SQL of your own (create, copy, drop, rename), and its indexes or "
                        "triggers do not come back.",
             .why = "DROP TABLE drops them without a word. Queries become scans, audit rows are missing, and "
                    "nothing fails.",
             .instead = "Make every index and trigger anew at the end of the text; SELECT sql FROM sqlite_schema "
                        "WHERE tbl_name = … lists them.",
             .example = "SELECT type, name, sql FROM sqlite_schema WHERE tbl_name = 'packages' AND sql IS NOT "
                        "NULL"},
    .judge = judge,
    .only = Engine::sqlite};

}  // namespace evolver::lint_rules
