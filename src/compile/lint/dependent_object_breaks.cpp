#include "compile/lint/rules.hpp"
#include "dialect/sqlite/connection.hpp"

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
    auto const& replayed = seen.raw->replayed;
    for (auto const* broken : {&replayed.broken, &replayed.broken_later}) {
        for (auto const& one : *broken) {
            if (!one.object.starts_with("view ") || !one.reads) continue;
            auto const view = one.object.substr(one.object.find(' ') + 1);
            if (seen.after.find_view(Name{view}) == nullptr) continue;
            auto const anew = "DROP VIEW " + sqlite::quoted(view) + "; …; CREATE VIEW " + sqlite::quoted(view) + " ";
            if (!one.works) {
                tell(Severity::error, view, "the SQL leaves the view " + view + " behind broken: " + one.why,
                     "drop it before and make it anew in the same text: " + anew + "AS …");
            } else if (broken == &replayed.broken) {
                // SQLite writes a new name into the view, which then gives its own column that name too.
                tell(Severity::warning, view,
                     "the view " + view +
                         " works on after the SQL, by other columns: what reads it by the old ones fails: " + one.why,
                     "make it anew with the names that it had: " + anew + "(…) AS …");
            }
        }
    }
}

}  // namespace

LintRule const dependent_object_breaks{
    .name = "dependent-object-breaks",
    .classification = Classification::behavioural,
    .page = {.catches =
                 "A view, a trigger, an index or a generated column uses what contract removes, or what "
                 "SQL of your own has removed; or a view shows other columns because SQL of your own has renamed "
                 "those that it reads.",
             .why = "The engine refuses the removal, or leaves a view that fails at its next use. Contract then "
                    "stops on the day when everybody thought to be done.",
             .instead = "Take the dependents along: drop them right before, make them anew over the new shape "
                        "right after.",
             .example = ".operations = {RawSql{.contract = \"DROP VIEW sizes\"},\n"
                        "               DropColumn{.table = \"packages\", .column = \"size\"}}"},
    .judge = judge};

}  // namespace evolver::lint_rules
