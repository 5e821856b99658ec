#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    if (!seen.raw || !seen.raw->replayed.failure.empty() || !seen.raw->replayed.kinds.no_op) return;
    tell(Severity::info, seen.migration->id.text(), "the SQL is a no-op: nothing is different after it",
         "leave it out of a migration that is not applied anywhere yet; one that was applied stays as it is");
}

}  // namespace

LintRule const no_op{
    .name = "no-op",
    .classification = Classification::additive,
    .page = {.catches = "SQL of your own that was run on samples and changed neither the schema nor a row.",
             .why = "Somebody meant it to do something: a condition that is never true, or an IF NOT EXISTS that hides "
                    "a name which "
                    "is taken.",
             .instead = "Correct it, or leave it out, as long as it was not applied anywhere.",
             .example = "RawSql{.expand = \"CREATE TABLE IF NOT EXISTS packages (id, name)\"}   -- there is one, with "
                        "other columns"},
    .judge = judge};

}  // namespace evolver::lint_rules
