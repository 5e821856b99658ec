#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    if (!seen.raw) return;
    auto const judge_phase = [&](std::vector<TriedStatement> const& statements, std::string const& when) {
        for (auto const& statement : statements) {
            for (auto const& [table, rows] : statement.emptied) {
                if (seen.before.find_table(Name{table}) == nullptr || !seen.in_use(Name{table})) continue;
                auto const live_rows = seen.rows(Name{table});
                tell(Severity::error, table,
                     "line " + std::to_string(statement.line) + " of the SQL deletes every row of " + table + " at " +
                         when +
                         (live_rows ? ": " + counted(*live_rows, "row", "rows")
                                    : std::string{", as far as samples tell"}),
                     "delete what is meant by its key, in batches of a program of your own; or DropTable and "
                     "CreateTable of another name",
                     statement.text);
            }
        }
    };
    if (!seen.expanded) judge_phase(seen.raw->expand, "expand");
    judge_phase(seen.raw->contract, "contract");
}

}  // namespace

LintRule const truncate_or_mass_delete{
    .name = "truncate-or-mass-delete",
    .classification = Classification::destructive,
    .page = {.catches = "SQL of your own that deletes every row of a table: all samples were gone after it.",
             .why = "The rows are gone for all releases, and one statement holds its locks until the "
                    "last is deleted.",
             .instead = "Delete by key and in batches, with a number of rows that you expect; or keep the rows "
                        "and start with a new table.",
             .example = "RawSql{.expand = \"DELETE FROM events\"}   // DELETE FROM events WHERE at < '2020', in a "
                        "program, 1,000 rows at a time"},
    .judge = judge};

}  // namespace evolver::lint_rules
