#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    auto const told = [&](Name const& table, Name const& column, std::string const& when) {
        if (!seen.in_use(table)) return;
        auto const object = table.text() + "." + column.text();
        tell(Severity::warning, object,
             object + " may be NULL from " + when + " on: whoever reads it meets that for the first time",
             "make every reader ready first (COALESCE, or std::optional in the program), then accept: .accept = "
             "{{.rule = \"drop-not-null\", .object = \"" +
                 object + "\", .reason = \"…\"}}");
    };
    if (auto const* drop = seen.as<DropNotNull>()) told(drop->table, drop->column, "contract");
    if (!seen.raw) return;
    for (auto const& table : seen.before.tables) {
        auto const* const now = seen.after.find_table(table.name);
        if (now == nullptr) continue;
        for (auto const& column : table.columns) {
            auto const* const same = now->find(column.name);
            if (same != nullptr && !column.nullable && same->nullable && !is_rowid_key(*now, *same))
                told(table.name, column.name, "expand");
        }
    }
}

}  // namespace

LintRule const drop_not_null{
    .name = "drop-not-null",
    .classification = Classification::behavioural,
    .page = {.catches = "A column that was never NULL may be NULL: DropNotNull, or a rebuild of your own.",
             .why = "A reader that takes the value without looking fails at the first NULL: SOCI throws \"Null "
                    "value fetched and no indicator defined\".",
             .instead = "Release readers that expect NULL before the first writer writes one; DropNotNull waits "
                        "until no older release is left, for the readers that are no release of yours nobody "
                        "waits.",
             .example = "Migration{.id = \"0010-no-section\", .release = \"3.0\",\n"
                        "          .operations = {DropNotNull{.table = \"packages\", .column = \"section\"}},\n"
                        "          .accept = {{.rule = \"drop-not-null\", .object = \"packages.section\", .reason = "
                        "\"readers take NULL since 2.4\"}}}"},
    .judge = judge};

}  // namespace evolver::lint_rules
