#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void told(Case const& seen, Tell const& tell, Name const& table, Name const& column, std::string const& when) {
    auto const* const known = seen.before.find_table(table);
    auto const* const old = known == nullptr ? nullptr : known->find(column);
    if (!seen.in_use(table, column) || (old != nullptr && old->generated)) return;
    auto const values = seen.ask([&](LiveRows const& rows) { return rows.count_values(table, column); });
    if (values == 0) return;
    auto const object = table.text() + "." + column.text();
    tell(values ? Severity::error : Severity::warning, object,
         "the column " + object + " is dropped " + when + ", and " +
             (values ? counted(*values, "value", "values") : std::string{"its values"}) + " with it",
         "where a new column takes over, say how: ChangeType, SplitColumn or MergeColumns; else accept: .accept = "
         "{{.rule = \"drop-column-in-use\", .object = \"" +
             object + "\", .reason = \"…\"}}");
}

void judge(Case const& seen, Tell const& tell) {
    if (auto const* drop = seen.as<DropColumn>()) told(seen, tell, drop->table, drop->column, "at contract");
    for (auto const& one : gone(seen)) {
        if (one.column && !one.renamed)
            told(seen, tell, one.table, *one.column,
                 one.at_contract ? "at contract" : "at expand, while older releases use it");
    }
}

}  // namespace

LintRule const drop_column_in_use{
    .name = "drop-column-in-use",
    .classification = Classification::destructive,
    .page =
        {.catches =
             "A column that holds values is dropped, by DropColumn or by SQL of your own. Columns that are computed "
             "from others are exempt.",
         .why = "The values are gone for good: no rollback brings them back after contract.",
         .instead =
             "If another column takes over, let evolver carry the values: ChangeType, SplitColumn, MergeColumns. If "
             "nobody wants them, drop the column with DropColumn, which waits until no older release is left, and "
             "accept the finding with the reason.",
         .example = "Migration{.id = \"0008-no-notes\", .release = \"3.0\",\n"
                    "          .operations = {DropColumn{.table = \"packages\", .column = \"notes\"}},\n"
                    "          .accept = {{.rule = \"drop-column-in-use\", .object = \"packages.notes\",\n"
                    "                      .reason = \"nobody has read them since 2.0\"}}}"},
    .judge = judge};

}  // namespace evolver::lint_rules
