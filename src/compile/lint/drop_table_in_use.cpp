#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void told(Case const& seen, Tell const& tell, Name const& table, std::string const& when) {
    if (!seen.in_use(table)) return;
    auto const rows = seen.rows(table);
    if (rows == 0) return;
    auto const number = rows ? "its " + counted(*rows, "row", "rows") : "its rows";
    tell(rows ? Severity::error : Severity::warning, table.text(),
         "the table " + table.text() + " is dropped " + when + ", and " + number + " with it",
         "copy what is still wanted to another table, or export it, then accept: .accept = {{.rule = "
         "\"drop-table-in-use\", .object = \"" +
             table.text() + "\", .reason = \"…\"}}");
}

void judge(Case const& seen, Tell const& tell) {
    if (auto const* drop = seen.as<DropTable>()) told(seen, tell, drop->table, "at contract");
    for (auto const& one : gone(seen)) {
        if (!one.column && !one.renamed)
            told(seen, tell, one.table, one.at_contract ? "at contract" : "at expand, while older releases use it");
    }
}

}  // namespace

LintRule const drop_table_in_use{
    .name = "drop-table-in-use",
    .classification = Classification::destructive,
    .page = {.catches = "A table that holds rows is dropped, by DropTable or by SQL of your own.",
             .why = "The rows are gone for good: no rollback brings them back after contract.",
             .instead = "Look whether anybody still reads the table. Copy what is wanted, then drop it with DropTable, "
                        "which waits for the gates of contract, and accept the finding with the reason.",
             .example = "Migration{.id = \"0007-no-events\", .release = \"3.0\",\n"
                        "          .operations = {DropTable{.table = \"events\"}},\n"
                        "          .accept = {{.rule = \"drop-table-in-use\", .object = \"events\",\n"
                        "                      .reason = \"exported on 2 May\"}}}"},
    .judge = judge};

}  // namespace evolver::lint_rules
