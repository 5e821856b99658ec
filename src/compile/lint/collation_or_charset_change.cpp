#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

std::string named(std::string const& collation) { return collation.empty() ? "BINARY" : collation; }

void judge(Case const& seen, Tell const& tell) {
    for (auto const& table : seen.before.tables) {
        auto const* const now = seen.after.find_table(table.name);
        if (now == nullptr || !seen.in_use(table.name)) continue;
        for (auto const& column : table.columns) {
            auto const* const same = now->find(column.name);
            if (same == nullptr || same_identifier(named(same->collation), named(column.collation))) continue;
            auto const object = table.name.text() + "." + column.name.text();
            tell(Severity::error, object,
                 object + " is compared by " + named(same->collation) + " instead of " + named(column.collation) +
                     ": what is equal, what is unique and what comes first changes under the programs that run",
                 "a new column with the collation beside the old one: AddColumn{.table = \"" + table.name.text() +
                     "\", .column = {.name = \"…\", .type = text(), .collation = \"" + named(same->collation) + "\"}}");
        }
    }
}

}  // namespace

LintRule const collation_or_charset_change{
    .name = "collation-or-charset-change",
    .classification = Classification::constraint,
    .page = {.catches = "SQL of your own makes a table anew with another collation for a column.",
             .why = "Two values that were different may be equal: unique indexes refuse, lookups find other "
                    "rows, ORDER BY gives another order.",
             .instead = "Add a new column with the new collation, move readers to it one by one, and compare both "
                        "orders before the old one goes.",
             .example = "AddColumn{.table = \"users\", .column = {.name = \"login\", .type = text(), .collation = "
                        "\"NOCASE\"}}"},
    .judge = judge};

}  // namespace evolver::lint_rules
