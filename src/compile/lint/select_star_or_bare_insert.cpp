#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    for (auto const& broken : seen.broken) {
        auto const name = broken.object.substr(broken.object.find(' ') + 1);
        if (!seen.in_use(Name{name}) && seen.before.find_view(Name{name}) == nullptr) continue;
        tell(Severity::error, name,
             std::string{broken.reads ? "reading " : "inserting into "} + name + " fails from expand on: " + broken.why,
             "name the columns in the view or trigger that it goes through: INSERT INTO t (a, b) …, SELECT a, b …");
    }
    for (auto const& view : seen.changed_views) {
        tell(Severity::warning, view.view,
             "the view " + view.view + " shows other columns from expand on, because it says SELECT *",
             "make it anew with its columns by name before: ReplaceView{.name = \"" + view.view +
                 "\", .query = \"SELECT a, b …\"}");
    }
}

}  // namespace

LintRule const select_star_or_bare_insert{
    .name = "select-star-or-bare-insert",
    .classification = Classification::behavioural,
    .page = {.catches = "A view that says SELECT *, or a trigger that inserts without naming the columns, over a "
                        "table that gets a column. The statements of your programs are not in the database: look "
                        "there, too.",
             .why = "SQLite takes the list of columns from the table as it is: one more column shifts what a "
                    "reader takes by position, and makes INSERT … VALUES fail, and with it the statement that "
                    "fired the trigger.",
             .instead = "Name the columns, in views, in triggers and in programs.",
             .example = "CREATE TRIGGER log AFTER UPDATE ON packages BEGIN\n"
                        "  INSERT INTO log (id, name) VALUES (NEW.id, NEW.name);   -- not: INSERT INTO log VALUES "
                        "(…)\n"
                        "END"},
    .judge = judge};

}  // namespace evolver::lint_rules
