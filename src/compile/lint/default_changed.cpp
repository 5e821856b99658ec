#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    auto const told = [&](Name const& table, Name const& column, std::string const& change) {
        if (!seen.in_use(table, column)) return;
        auto const object = table.text() + "." + column.text();
        tell(Severity::warning, object,
             "the default of " + object + " " + change +
                 ": until contract, rows that older releases insert have the old one",
             "where all rows have to agree, let the new release name the column in its inserts; else accept: .accept = "
             "{{.rule = \"default-changed\", .object = \"" +
                 object + "\", .reason = \"…\"}}");
    };
    auto const default_of = [&](Schema const& schema, Name const& table, Name const& column) -> std::string {
        auto const* const found = schema.find_table(table);
        auto const* const one = found == nullptr ? nullptr : found->find(column);
        return one == nullptr || !one->default_value ? std::string{} : seen.text(*one->default_value);
    };
    if (auto const* set = seen.as<SetDefault>()) {
        auto const old = default_of(seen.before, set->table, set->column);
        // PostgreSQL tells a default in words of its own: 'misc'::text.
        auto const now =
            seen.engine() == Engine::sqlite ? seen.text(set->value) : default_of(seen.after, set->table, set->column);
        if (!old.empty() && old != now) told(set->table, set->column, "changes from " + old + " to " + now);
    }
    if (auto const* drop = seen.as<DropDefault>())
        told(drop->table, drop->column, "goes, which was " + default_of(seen.before, drop->table, drop->column));
    if (!seen.raw) return;
    for (auto const& table : seen.before.tables) {
        for (auto const& column : table.columns) {
            auto const* const now = seen.after.find_table(table.name);
            if (now == nullptr || now->find(column.name) == nullptr || !column.default_value) continue;
            auto const old = default_of(seen.before, table.name, column.name);
            if (old != default_of(seen.after, table.name, column.name))
                told(table.name, column.name, "is no longer " + old);
        }
    }
}

}  // namespace

LintRule const default_changed{
    .name = "default-changed",
    .classification = Classification::behavioural,
    .page = {.catches = "A default that rows get today is replaced or taken away.",
             .why = "Rows of one moment hold two meanings of \"not said\": those of older releases the old "
                    "default, those of the new one the other.",
             .instead = "Say the value in the inserts of the new release, or make sure that no reader tells the "
                        "two apart.",
             .example = "SetDefault{.table = \"packages\", .column = \"section\", .value = \"'misc'\"}"},
    .judge = judge};

}  // namespace evolver::lint_rules
