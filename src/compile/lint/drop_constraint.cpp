#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    auto const told = [&](Name const& table, std::string const& what) {
        if (!seen.in_use(table)) return;
        tell(Severity::warning, table.text(),
             what + " of " + table.text() + " goes at contract: nothing holds rows to it from then on",
             "say why it may go: .accept = {{.rule = \"drop-constraint\", .object = \"" + table.text() +
                 "\", .reason = \"…\"}}, and keep a query that finds the rows which it would refuse");
    };
    if (auto const* drop = seen.as<DropCheck>()) told(drop->table, "a CHECK");
    if (auto const* drop = seen.as<DropUnique>()) told(drop->table, "a unique key");
    if (auto const* drop = seen.as<DropForeignKey>()) told(drop->table, "a foreign key");
    if (!seen.raw) return;
    for (auto const& table : seen.before.tables) {
        auto const* const now = seen.after.find_table(table.name);
        if (now == nullptr) continue;
        if (now->checks.size() < table.checks.size()) told(table.name, "a CHECK");
        if (now->unique_keys.size() < table.unique_keys.size()) told(table.name, "a unique key");
        if (now->foreign_keys.size() < table.foreign_keys.size()) told(table.name, "a foreign key");
        if (now->key_columns().size() < table.key_columns().size()) told(table.name, "the primary key");
    }
}

}  // namespace

LintRule const drop_constraint{
    .name = "drop-constraint",
    .classification = Classification::constraint,
    .page = {.catches = "A CHECK, a UNIQUE, a foreign key or a primary key of a table in use is dropped, by an "
                        "operation or by a rebuild of your own.",
             .why = "What programs and reports rely on is promised by nobody any more, and the first wrong "
                    "row is noticed late.",
             .instead = "Write down why it may go, in an acceptance, and watch what it kept: a query that finds "
                        "rows which it would have refused.",
             .example = "Migration{.id = \"0009-free-names\", .release = \"3.0\",\n"
                        "          .operations = {DropUnique{.table = \"packages\", .columns = {\"name\"}}},\n"
                        "          .accept = {{.rule = \"drop-constraint\", .object = \"packages\", .reason = "
                        "\"versions share a name\"}}}"},
    .judge = judge};

}  // namespace evolver::lint_rules
