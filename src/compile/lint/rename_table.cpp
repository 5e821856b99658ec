#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    for (auto const& one : gone(seen)) {
        if (one.column || !one.renamed || !seen.in_use(one.table)) continue;
        auto const table = one.table.text();
        tell(one.at_contract ? Severity::warning : Severity::error, table,
             "the SQL renames the table " + table + " to " + one.renamed->text() + " at " +
                 (one.at_contract ? "contract" : "expand: every statement of older releases on it fails"),
             "RenameTable{.from = \"" + table + "\", .to = \"" + one.renamed->text() +
                 "\"}, which leaves older releases the old name until contract");
    }
}

}  // namespace

LintRule const rename_table{
    .name = "rename-table",
    .classification = Classification::behavioural,
    .page = {.catches = "SQL of your own renames a table, or makes the same one under another name and drops the "
                        "first.",
             .why = "Older releases that run beside the new one name the old table in every statement: all of "
                    "those fail at once.",
             .instead =
                 "RenameTable leaves the table its old name until contract; the new release reaches it by the new one, "
                 "through LiveTable.",
             .example = "RenameTable{.from = \"packages\", .to = \"parcels\"}"},
    .judge = judge};

}  // namespace evolver::lint_rules
