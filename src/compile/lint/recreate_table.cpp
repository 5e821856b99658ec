#include "compile/lint/rules.hpp"

#include <algorithm>

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    if (!seen.raw) return;
    for (auto const& table : seen.raw->replayed.rebuilt) {
        if (!seen.in_use(Name{table})) continue;
        for (auto const& change : seen.raw->replayed.rows) {
            if (change.table != table || change.after >= change.before) continue;
            tell(Severity::error, table,
                 "the SQL drops " + table + " and makes it anew, and of " +
                     counted(change.before, "sample row", "sample rows") + " " +
                     std::to_string(change.before - std::max<std::int64_t>(change.after, 0)) + " are gone",
                 "change the table by operations; or copy the rows: INSERT INTO new SELECT … FROM " + table +
                     " before the DROP");
        }
    }
}

}  // namespace

LintRule const recreate_table{
    .name = "recreate-table",
    .classification = Classification::destructive,
    .page = {.catches = "SQL of your own drops a table and creates it again under the same name, and rows do not "
                        "come back.",
             .why = "DROP TABLE IF EXISTS and CREATE TABLE is good for a test's database; in production it "
                    "empties the table.",
             .instead = "Say the change as operations. A rebuild of your own copies every row before it drops the "
                        "old table.",
             .example = "RawSql{.expand = \"DROP TABLE IF EXISTS packages; CREATE TABLE packages (id INTEGER "
                        "PRIMARY KEY)\"}   // do not"},
    .judge = judge};

}  // namespace evolver::lint_rules
