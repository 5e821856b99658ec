#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

LintRule const acceptance_without_reason{
    .name = "acceptance-without-reason",
    .classification = Classification::behavioural,
    .page = {.catches = "An acceptance whose reason is empty. It accepts nothing.",
             .why = "Whoever reads the audit trail later has to know why a hazard was taken.",
             .instead = "Write the reason in one sentence; it goes into the audit trail at expand.",
             .example =
                 ".accept = {{.rule = \"drop-table-in-use\", .object = \"events\", .reason = \"exported on 2 May\"}}"}};

}  // namespace evolver::lint_rules
