#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

std::string where(Stop const& stop) {
    return "line " + std::to_string(stop.line) + " of the SQL fails at " + (stop.at_contract ? "contract" : "expand");
}

void judge(Case const& seen, Tell const& tell) {
    if (!seen.raw || !seen.raw->stopped) return;
    auto const& stop = *seen.raw->stopped;
    auto const& id = seen.migration->id.text();
    if (stop.statement.empty()) {
        tell(Severity::warning, id,
             "what the SQL does could not be looked at, so that most rules are silent: " + stop.words,
             seen.engine() == Engine::sqlite ? "try it on a copy of the database: Pipeline::run() does"
                                             : "name tables without their schema, as the search_path finds them; or "
                                               "try it on a copy of the database");
        return;
    }
    auto const what = stop.words + ", in: " + in_a_sentence(stop.statement);
    if (!stop.on_rows) {
        tell(Severity::error, id, where(stop) + ": " + what, "correct the statement; those after it were not looked at",
             stop.statement);
        return;
    }
    if (stop.at_contract) {
        // Rows are written until then, by the release that knows the new shape.
        tell(Severity::warning, id, where(stop) + " on rows as they are now: " + what,
             "see that no such row is left: RawSql{.verify = \"SELECT …\"} finds them, and contract is refused as long "
             "as "
             "it does",
             stop.statement);
        return;
    }
    tell(stop.sampled ? Severity::warning : Severity::error, id,
         where(stop) + (stop.sampled ? " on a sample of the rows: " : " on the rows that are there: ") + what,
         "mend such rows before, in a statement of the same text or by an operation that says what becomes of them: "
         "AddUnique, SetNotNull, AddCheck and AddForeignKey have .clean and .violators",
         stop.statement);
}

}  // namespace

LintRule const fails_on_rows{
    .name = "fails-on-rows",
    .classification = Classification::constraint,
    .page = {.catches =
                 "SQL of your own that runs on an empty database and fails on the rows that are there: a unique index "
                 "over values that repeat, NULL copied into NOT NULL, a value that a CHECK or a function does not "
                 "take. It is tried on all rows of a small database and on samples of a large one, where it is a "
                 "warning; so is a failure at contract, before which rows change.",
             .why = "It has passed every test on an empty database. On the day of the release the migration is rolled "
                    "back, and the program does not start.",
             .instead =
                 "Mend the rows first, or let an operation say what becomes of those that do not fit. Statements "
                 "before the one that fails are judged by what they do to rows, those after it by what they do "
                 "to a database without any.",
             .example = "RawSql{.expand = \"CREATE UNIQUE INDEX by_name ON packages (name)\"}   // two have one name\n"
                        "AddUnique{.table = \"packages\", .name = \"by_name\", .columns = {\"name\"}, .violators = "
                        "Violators::quarantine}"},
    .judge = judge};

}  // namespace evolver::lint_rules
