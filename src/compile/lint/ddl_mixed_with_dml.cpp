#include "compile/lint/rules.hpp"

#include <algorithm>

namespace evolver::lint_rules {

namespace {

constexpr std::int64_t few = 10'000;

void judge(Case const& seen, Tell const& tell) {
    if (seen.expanded || !seen.raw) return;
    auto const& statements = seen.raw->expand;
    bool const changes_schema =
        std::any_of(statements.begin(), statements.end(), [](TriedStatement const& one) { return one.touched.schema; });
    if (!changes_schema) return;
    for (auto const& table : seen.raw->replayed.written) {
        if (!seen.in_use(Name{table})) continue;
        auto const rows = seen.rows(Name{table});
        if (rows && *rows < few) continue;
        tell(Severity::warning, table,
             "the SQL changes the schema and writes rows of " + table +
                 (rows ? ", which has " + counted(*rows, "row", "rows") : std::string{}) +
                 ", in one transaction: everybody waits until both are done",
             "two migrations, the schema first; or an operation that fills in short batches: ChangeType, SplitColumn, "
             "MergeColumns");
    }
}

}  // namespace

LintRule const ddl_mixed_with_dml{
    .name = "ddl-mixed-with-dml",
    .classification = Classification::data,
    .page =
        {.catches = "SQL of your own that changes the schema and writes rows of a table in use, in one text. "
                    "Tables of fewer than 10,000 rows are passed over.",
         .why = "One transaction holds what the change of the schema has locked until the last row is written: the one "
                "write lock of SQLite, the table itself on PostgreSQL.",
         .instead = "Change the schema in one migration, and let evolver fill the rows in batches of a few "
                    "milliseconds.",
         .example = "ChangeType{.table = \"packages\", .from = \"size\", .to = \"size_bytes\", .type = integer(),\n"
                    "           .up = \"CAST(size AS INTEGER)\", .down = \"CAST(size_bytes AS TEXT)\"}"},
    .judge = judge};

}  // namespace evolver::lint_rules
