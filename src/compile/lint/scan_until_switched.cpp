#include "compile/lint/rules.hpp"

#include <algorithm>

namespace evolver::lint_rules {

namespace {

constexpr std::int64_t many = 50'000;

void judge(Case const& seen, Tell const& tell) {
    for (auto const& pair : seen.pairs) {
        if (seen.expanded || pair.kind != PairKind::computed || !seen.in_use(pair.table, pair.from.front())) continue;
        auto const& indexes = seen.before.indexes;
        bool const looked_up = std::any_of(indexes.begin(), indexes.end(), [&](Index const& index) {
            return index.table == pair.table && seen.is_column(index.parts.front(), pair.from.front());
        });
        auto const rows = seen.rows(pair.table);
        if (!looked_up || rows.value_or(0) < many) continue;
        auto const object = pair.table.text() + "." + pair.to.front().name.text();
        tell(Severity::info, object,
             "until reads are switched, a condition on " + object + " reads " + counted(*rows, "row", "rows") +
                 ", where one on " + pair.from.front().text() + " uses an index today",
             "let such a query of the new release name the old column, " + pair.from.front().text() +
                 ", until status() says that reads are switched; or reconcile() soon after the backfill");
    }
}

}  // namespace

LintRule const scan_until_switched{
    .name = "scan-until-switched",
    .classification = Classification::behavioural,
    .page = {.catches = "A column with an index is replaced by a computed one, in a table of at least 50,000 "
                        "rows.",
             .why = "While both shapes live, the new column is read as \"new where it is in sync, else "
                    "computed from old\", which no index serves: a look-up that took microseconds reads the "
                    "whole table, for everybody who waits for it.",
             .instead = "Run the backfill and reconcile() soon, which switches reads to the bare column and its "
                        "index. Until then look up by the old column.",
             .example =
                 "db << packages.select({\"id\", \"size_bytes\"}) + \" WHERE size_bytes = :b\"   // a scan until "
                 "reads are switched"},
    .judge = judge};

}  // namespace evolver::lint_rules
