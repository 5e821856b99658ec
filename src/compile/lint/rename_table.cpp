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
             "leave the table its name until no older release is left: a view gives it the new one, CreateView{.name = "
             "\"" +
                 one.renamed->text() + "\", .query = \"SELECT … FROM " + table +
                 "\"}, and the ALTER TABLE is RawSql{.contract = \"…\"}");
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
             .instead = "Give the new release a view of the new name at expand. Rename the table at contract, "
                        "when no older release is left, and drop the view right before.",
             .example = "Migration{.id = \"0012-parcels\", .release = \"3.0\",\n"
                        "          .operations = {CreateView{.name = \"parcels\", .query = \"SELECT id, name FROM "
                        "packages\"}}}"},
    .judge = judge};

}  // namespace evolver::lint_rules
