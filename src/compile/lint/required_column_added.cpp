#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    if (!seen.raw) return;
    for (auto const& broken : seen.raw->replayed.broken) {
        if (broken.reads || broken.why.find("NOT NULL") == std::string::npos) continue;
        auto const table = broken.object.substr(broken.object.find(' ') + 1);
        if (!seen.in_use(Name{table})) continue;
        tell(Severity::error, table, "inserts of older releases into " + table + " fail from expand on: " + broken.why,
             "AddColumn{.table = \"" + table +
                 "\", .column = {.name = \"…\", .type = …, .nullable = false, .default_value = \"…\"}}, or nullable "
                 "first and "
                 "SetNotNull in a later release");
    }
}

}  // namespace

LintRule const required_column_added{
    .name = "required-column-added",
    .classification = Classification::constraint,
    .page = {.catches = "SQL of your own adds a column that is NOT NULL and has no default.",
             .why = "Older releases insert without it, because they do not know it: each of their inserts "
                    "fails from expand on.",
             .instead = "Add it with a constant default, or nullable; fill it; SetNotNull when no older release "
                        "is left. AddColumn refuses the other way.",
             .example = "AddColumn{.table = \"packages\", .column = {.name = \"licence\", .type = text(), .nullable = "
                        "false,\n"
                        "                                           .default_value = \"'unknown'\"}}"},
    .judge = judge};

}  // namespace evolver::lint_rules
