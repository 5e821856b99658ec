#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

LintRule const unused_acceptance{
    .name = "unused-acceptance",
    .classification = Classification::behavioural,
    .page = {
        .catches =
            "An acceptance that matches no finding: its rule, or its object, is not what lint says. With a database it "
            "is an info, because another one may have the finding.",
        .why = "It stays when its cause is gone, and hides the next finding of that rule and object from everybody.",
        .instead = "Take it out, or write rule and object as the finding has them.",
        .example = ".accept = {{.rule = \"drop-column-in-use\", .object = \"packages.size\", .reason = \"…\"}}"}};

}  // namespace evolver::lint_rules
