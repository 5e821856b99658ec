#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    if (!seen.contract_refused.empty())
        tell(Severity::error, seen.migration->id.text(),
             "contract would be refused as things stand: " + seen.contract_refused,
             "drop or change what uses the old shape, in the migration, before the operation: RawSql{.contract = "
             "\"DROP VIEW …\"}, "
             "and make it anew after it");
    if (!seen.raw) return;
    for (auto const* broken : {&seen.raw->replayed.broken, &seen.raw->replayed.broken_later}) {
        for (auto const& one : *broken) {
            if (!one.object.starts_with("view ") || !one.reads) continue;
            auto const view = one.object.substr(one.object.find(' ') + 1);
            if (seen.after.find_view(Name{view}) == nullptr) continue;
            tell(Severity::error, view, "the SQL leaves the view " + view + " behind broken: " + one.why,
                 "drop it before and make it anew in the same text: DROP VIEW " + view + "; …; CREATE VIEW " + view +
                     " AS …");
        }
    }
}

}  // namespace

LintRule const dependent_object_breaks{
    .name = "dependent-object-breaks",
    .classification = Classification::behavioural,
    .page = {.catches = "A view, a trigger, an index or a generated column uses what contract removes, or what "
                        "SQL of your own has removed.",
             .why = "SQLite refuses the removal, or leaves a view that fails at its next use. Contract then "
                    "stops on the day when everybody thought to be done.",
             .instead = "Take the dependents along: drop them right before, make them anew over the new shape "
                        "right after.",
             .example = ".operations = {RawSql{.contract = \"DROP VIEW sizes\"},\n"
                        "               DropColumn{.table = \"packages\", .column = \"size\"}}"},
    .judge = judge};

}  // namespace evolver::lint_rules
