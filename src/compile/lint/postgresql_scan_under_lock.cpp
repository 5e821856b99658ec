#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

constexpr std::int64_t few = 10'000;  // some milliseconds

void judge_phase(Case const& seen, Tell const& tell, std::vector<TriedStatement> const& statements,
                 std::string const& when) {
    for (auto const& statement : statements) {
        for (auto const& table : statement.scanned_under_lock) {
            if (!seen.in_use(Name{table})) continue;
            auto const rows = seen.rows(Name{table});
            if (rows && *rows < few) continue;
            tell(Severity::error, table,
                 "line " + std::to_string(statement.line) + " of the SQL reads " + table + " from end to end at " +
                     when + ", " + (rows ? counted(*rows, "row", "rows") + ", " : std::string{}) +
                     "while nobody may write it: " + in_a_sentence(statement.text),
                 "an operation does it beside writers: CreateIndex, AddUnique, SetNotNull, AddCheck, AddForeignKey",
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

LintRule const postgresql_scan_under_lock{
    .name = "postgresql-scan-under-lock",
    .classification = Classification::constraint,
    .page = {.catches =
                 "SQL of your own that makes the server read a whole table while its lock keeps writers out: "
                 "CREATE INDEX, SET NOT NULL, a CHECK, a UNIQUE or a foreign key that is validated at once, "
                 "VALIDATE CONSTRAINT in the transaction that has added it. Tables of fewer than 10,000 rows are "
                 "passed over.",
             .why =
                 "A migration is one transaction: what it locks stays locked until it ends. Whoever writes the table "
                 "waits for the scan, and behind the first who waits, everybody.",
             .instead =
                 "Let an operation do it: an index is built CONCURRENTLY, a constraint is made NOT VALID and "
                 "proven beside writers. In SQL of your own, make it NOT VALID in one migration, and VALIDATE it "
                 "in the next, alone.",
             .example = "CreateIndex{.name = \"by_name\", .table = \"packages\", .columns = {\"name\"}}\n"
                        "SetNotNull{.table = \"packages\", .column = \"size\", .clean = \"'0'\"}"},
    .judge = judge,
    .only = Engine::postgresql};

}  // namespace evolver::lint_rules
