#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

bool is_json(Column const& column) { return same_type_words(type_words(column.type, Engine::postgresql), "json"); }

void judge(Case const& seen, Tell const& tell) {
    if (seen.expanded) return;
    for (auto const& table : seen.after.tables) {
        auto const* const old = seen.before.find_table(table.name);
        for (auto const& column : table.columns) {
            auto const* const was = old == nullptr ? nullptr : old->find(column.name);
            if (!is_json(column) || (was != nullptr && is_json(*was))) continue;
            auto const object = table.name.text() + "." + column.name.text();
            tell(Severity::warning, object,
                 object + " is of type json, of which no two values are equal: DISTINCT, GROUP BY, UNION and = fail",
                 "jsonb, which has them, and indexes: .type = declared(\"jsonb\")");
        }
    }
}

}  // namespace

LintRule const postgresql_json{
    .name = "postgresql-json",
    .classification = Classification::behavioural,
    .page = {.catches = "A new column of type json.",
             .why =
                 "json keeps the text as it was written and has no equality: a SELECT DISTINCT over a row that holds "
                 "it fails, and so does a query that somebody writes years later.",
             .instead = "jsonb. Where the text has to stay as it came, byte for byte, json is right: accept it.",
             .example = "AddColumn{.table = \"packages\", .column = {.name = \"extra\", .type = declared(\"jsonb\")}}"},
    .judge = judge,
    .only = Engine::postgresql};

}  // namespace evolver::lint_rules
