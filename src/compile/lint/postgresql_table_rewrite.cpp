#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

constexpr std::int64_t few = 10'000;

void judge_phase(Case const& seen, Tell const& tell, std::vector<TriedStatement> const& statements,
                 std::string const& when) {
    for (auto const& statement : statements) {
        for (auto const& table : statement.rewritten) {
            if (!seen.in_use(Name{table})) continue;
            auto const rows = seen.rows(Name{table});
            if (rows && *rows < few) continue;
            tell(Severity::error, table,
                 "line " + std::to_string(statement.line) + " of the SQL writes every row of " + table +
                     " and its indexes anew at " + when + ", " +
                     (rows ? counted(*rows, "row", "rows") + ", " : std::string{}) +
                     "while nobody may read or write it: " + in_a_sentence(statement.text),
                 "ChangeType for another type; AddColumn without a default and a Backfill for one that differs by row",
                 statement.text);
        }
    }
}

void judge(Case const& seen, Tell const& tell) {
    if (!seen.raw) return;
    if (!seen.expanded) judge_phase(seen, tell, seen.raw->expand, "expand");
    judge_phase(seen, tell, seen.raw->contract, "contract");
}

}  // namespace

LintRule const postgresql_table_rewrite{
    .name = "postgresql-table-rewrite",
    .classification = Classification::constraint,
    .page = {.catches = "SQL of your own by which the server writes a whole table anew: another type that is stored "
                        "otherwise, a default that differs by row, a stored generated column, an identity, SET LOGGED. "
                        "Tables of fewer than 10,000 rows are passed over.",
             .why =
                 "It takes the lock that even readers wait for, until the last row and the last index are written, and "
                 "room for a second table meanwhile.",
             .instead =
                 "A new column beside the old one, which is filled in short batches while both are kept in step: "
                 "ChangeType. A default that differs by row is a column without one, and a Backfill.",
             .example = "ChangeType{.table = \"packages\", .from = \"size\", .to = \"size_bytes\", .type = integer(),\n"
                        "           .up = \"CAST(size AS bigint)\", .down = \"CAST(size_bytes AS text)\"}"},
    .judge = judge,
    .only = Engine::postgresql};

}  // namespace evolver::lint_rules
