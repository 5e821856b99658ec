#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    if (seen.as<AddCheck>() == nullptr && seen.as<AddForeignKey>() == nullptr) return;
    for (auto const& rule : seen.added_rules) {
        if (!rule.clean.empty() || rule.violators == Violators::quarantine) continue;
        auto const broken = seen.ask([&](LiveRows const& rows) { return rows.count_broken(rule); });
        if (broken.value_or(0) == 0) continue;
        tell(Severity::error, rule.table.text(),
             counted(*broken, "row breaks", "rows break") + " the rule that " + name_of(rule) + ": expand() is refused",
             "mend them, or say what becomes of them: .clean = {{\"" + rule.columns.front().text() +
                 "\", \"…\"}}, or .violators = Violators::quarantine");
    }
}

}  // namespace

LintRule const constraint_broken_by_rows{
    .name = "constraint-broken-by-rows",
    .classification = Classification::constraint,
    .page = {.catches = "AddCheck or AddForeignKey over rows that break it, where the operation says nothing of "
                        "them.",
             .why = "expand() is refused on the day of the release, and the program does not start.",
             .instead = "Say in the operation what becomes of such rows: an expression that mends them, or the "
                        "quarantine, from which they can be brought back.",
             .example = "AddForeignKey{.table = \"tracks\", .key = {.columns = {\"album_id\"}, .table = \"albums\"},\n"
                        "              .clean = {{\"album_id\", \"NULL\"}}}"},
    .judge = judge};

}  // namespace evolver::lint_rules
