#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    auto const nulls = [&](Name const& table, Name const& column) {
        return seen.ask([&](LiveRows const& live) -> Count {
            auto const rows = live.count_rows(table);
            auto const values = live.count_values(table, column);
            return rows && values ? std::optional{*rows - *values} : std::nullopt;
        });
    };
    if (auto const* set = seen.as<SetNotNull>()) {
        auto const object = set->table.text() + "." + set->column.text();
        auto const found = nulls(set->table, set->column);
        bool const answered = set->clean || set->violators == Violators::quarantine;
        if (answered || found == 0 || !seen.in_use(set->table, set->column)) return;
        tell(found ? Severity::error : Severity::warning, object,
             found ? counted(*found, "row is", "rows are") + " NULL in " + object + ": expand() is refused"
                   : "rows that are NULL in " + object +
                         " would refuse expand(), and older releases may still write them",
             "say what becomes of them: .clean = \"…\", or .violators = Violators::quarantine");
    }
    if (!seen.raw) return;
    for (auto const& table : seen.before.tables) {
        auto const* const now = seen.after.find_table(table.name);
        for (auto const& column : table.columns) {
            auto const* const same = now == nullptr ? nullptr : now->find(column.name);
            if (same == nullptr || !column.nullable || same->nullable || is_rowid_key(*now, *same) ||
                !seen.in_use(table.name, column.name))
                continue;
            // At contract no older release is left to write NULL; rows that are NULL are fails-on-rows.
            auto const* const between = seen.raw->replayed.expanded.find_table(table.name);
            auto const* const open = between == nullptr ? nullptr : between->find(column.name);
            if (open != nullptr && open->nullable) continue;
            auto const object = table.name.text() + "." + column.name.text();
            auto const found = nulls(table.name, column.name);
            tell(Severity::error, object,
                 "the SQL makes " + object + " NOT NULL at once: older releases that write NULL fail" +
                     (found.value_or(0) > 0 ? ", and " + counted(*found, "row is", "rows are") + " NULL"
                                            : std::string{}),
                 "SetNotNull{.table = \"" + table.name.text() + "\", .column = \"" + column.name.text() +
                     "\", .clean = \"…\"}, which lets older releases write NULL until contract");
        }
    }
}

}  // namespace

LintRule const tighten_not_null{
    .name = "tighten-not-null",
    .classification = Classification::constraint,
    .page = {.catches = "A column becomes NOT NULL while rows are NULL in it, or, by SQL of your own, while older "
                        "releases may still write NULL.",
             .why = "Rows that break it refuse expand(), on the day of the release; and what older releases "
                    "write fails as long as they live.",
             .instead = "SetNotNull with `.clean` or `.violators`: the new release is held to it from expand on, "
                        "older ones from contract on.",
             .example = "SetNotNull{.table = \"packages\", .column = \"size\", .clean = \"'0'\"}"},
    .judge = judge};

}  // namespace evolver::lint_rules
