#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    if (!seen.raw) return;
    for (auto const* phase : {&seen.raw->expand, &seen.raw->contract}) {
        for (auto const& statement : *phase) {
            if (!statement.transaction) continue;
            tell(Severity::error, seen.migration->id.text(),
                 "line " + std::to_string(statement.line) +
                     " of the SQL controls a transaction: " + in_a_sentence(statement.text),
                 "take it out: evolver runs a migration and its entry in the ledger in one transaction",
                 statement.text);
        }
    }
}

}  // namespace

LintRule const tx_unbalanced_or_nested{
    .name = "tx-unbalanced-or-nested",
    .classification = Classification::additive,
    .page = {.catches = "BEGIN, COMMIT, ROLLBACK or a savepoint in SQL of your own.",
             .why = "A migration runs in a transaction together with its entry in the ledger. A COMMIT inside "
                    "makes half of it last; a BEGIN inside fails.",
             .instead = "Take the statements out. Plan::from_directory does so by itself for files that begin and "
                        "end with them.",
             .example = "RawSql{.expand = \"CREATE TABLE a (id); CREATE TABLE b (id)\"}   // not: \"BEGIN; …; "
                        "COMMIT\""},
    .judge = judge};

}  // namespace evolver::lint_rules
