#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    if (seen.refused.empty()) return;
    tell(Severity::error, seen.migration->id.text(), seen.refused,
         "correct the migration; what comes after it was judged by its words only");
}

}  // namespace

LintRule const refused_by_expand{
    .name = "refused-by-expand",
    .classification = Classification::behavioural,
    .page =
        {.catches = "A migration that expand() refuses before the first write: a name that does not exist, a bad "
                    "expression, a "
                    "column that the engine cannot add or drop.",
         .why = "The program would not start, and lint cannot follow the plan any further.",
         .instead = "The finding holds the refusal with its own way out. Without a database, a plan that builds on "
                    "tables which "
                    "it did not make is refused, too: lint it with Evolver::lint().",
         .example =
             "AddColumn{.table = \"packages\", .column = {.name = \"licence\", .type = text(), .nullable = false}}\n"
             "// refused: older releases insert without it; give it a .default_value"},
    .judge = judge};

}  // namespace evolver::lint_rules
