#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    for (auto const& misfit : seen.misfits) {
        if (!seen.in_use(misfit.table)) continue;
        auto const object = misfit.table.text() + "." + misfit.column.name.text();
        tell(Severity::warning, object,
             object + " is a column of numbers, and `up` puts text into " +
                 counted(misfit.rows, "sample row", "sample rows") + " of it",
             "cast in `up`: .up = \"CAST(… AS INTEGER)\", and say what becomes of what is no number");
    }
}

}  // namespace

LintRule const sqlite_affinity_no_cast{
    .name = "sqlite-affinity-no-cast",
    .classification = Classification::data,
    .page = {.catches = "`up` gives text for a column of numbers: SQLite keeps what it cannot convert, as text.",
             .why = "Numbers compare below all texts, so a condition or an order goes wrong without an error; "
                    "another engine would refuse the value.",
             .instead = "Cast in `up`, or make the table STRICT; then values that do not fit are NULL in the new "
                        "column and stand in quarantine.",
             .example = "ChangeType{.table = \"packages\", .from = \"size\", .to = \"size_bytes\", .type = integer(),\n"
                        "           .up = \"CAST(size AS INTEGER)\", .down = \"CAST(size_bytes AS TEXT)\"}   // not: "
                        ".up = \"size\""},
    .judge = judge,
    .only = Engine::sqlite};

}  // namespace evolver::lint_rules
