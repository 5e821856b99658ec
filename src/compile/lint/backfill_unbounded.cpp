#include "compile/lint/rules.hpp"

#include <algorithm>

namespace evolver::lint_rules {

namespace {

constexpr std::int64_t few = 10'000;  // 10 ms

void judge(Case const& seen, Tell const& tell) {
    if (!seen.raw || seen.expanded) return;
    for (auto const& statement : seen.raw->expand) {
        auto tables = statement.scanned;
        for (auto const& [table, rows] : statement.updated) tables.push_back(table);
        std::sort(tables.begin(), tables.end());
        tables.erase(std::unique(tables.begin(), tables.end()), tables.end());
        for (auto const& table : tables) {
            if (seen.before.find_table(Name{table}) == nullptr || !seen.in_use(Name{table})) continue;
            if (!statement.touched.updated.contains(table)) continue;
            auto const rows = seen.rows(Name{table});
            if (rows && *rows < few) continue;
            tell(rows ? Severity::error : Severity::warning, table,
                 "line " + std::to_string(statement.line) + " of the SQL updates " + table +
                     " in one statement that reads it from end to end" +
                     (rows ? ": " + counted(*rows, "row", "rows") + " under one lock" : std::string{}),
                 "let evolver fill in batches of a few milliseconds: ChangeType, SplitColumn or MergeColumns with .up "
                 "and .down; or Backfill{.table = \"" +
                     table + "\", .set = {{\"…\", \"…\"}}, .where = \"…\"}",
                 statement.text);
        }
    }
}

}  // namespace

LintRule const backfill_unbounded{
    .name = "backfill-unbounded",
    .classification = Classification::data,
    .page = {.catches = "An UPDATE in SQL of your own that goes through a whole table. Tables of fewer than "
                        "10,000 rows are passed over.",
             .why = "It keeps others out until the last row is written: on SQLite every writer, for about a "
                    "microsecond per row and index, on PostgreSQL whoever writes one of the rows. The WAL grows by the "
                    "size of the table, and a kill begins it anew.",
             .instead = "Say what the new column is computed from, in an operation: the backfill is then done in "
                        "short batches that resume where they were killed, and the rows that come in meanwhile "
                        "are kept in step. What has no old and new shape is a Backfill: short batches, too.",
             .example = "ChangeType{.table = \"packages\", .from = \"size\", .to = \"size_bytes\", .type = integer(),\n"
                        "           .up = \"CAST(size AS INTEGER)\", .down = \"CAST(size_bytes AS TEXT)\"}"},
    .judge = judge};

}  // namespace evolver::lint_rules
