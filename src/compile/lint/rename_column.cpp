#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    for (auto const& one : gone(seen)) {
        if (!one.column || !one.renamed || !seen.in_use(one.table, *one.column)) continue;
        auto const table = one.table.text();
        tell(one.at_contract ? Severity::warning : Severity::error, table + "." + one.column->text(),
             "the SQL renames " + table + "." + one.column->text() + " to " + one.renamed->text() + " at " +
                 (one.at_contract ? "contract" : "expand: every statement of older releases that names it fails"),
             "RenameColumn{.table = \"" + table + "\", .from = \"" + one.column->text() + "\", .to = \"" +
                 one.renamed->text() + "\"}, which keeps both names until contract");
    }
}

}  // namespace

LintRule const rename_column{
    .name = "rename-column",
    .classification = Classification::behavioural,
    .page = {.catches = "SQL of your own renames a column, by ALTER TABLE or by a rebuild.",
             .why = "Older releases that run beside the new one name the old column in every statement: all "
                    "of those fail at once.",
             .instead = "RenameColumn gives the column a second name at expand, without a copy, and makes it the "
                        "only one at contract.",
             .example = "RenameColumn{.table = \"packages\", .from = \"name\", .to = \"title\"}"},
    .judge = judge};

}  // namespace evolver::lint_rules
