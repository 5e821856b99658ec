#include "compile/lint/rules.hpp"

#include <algorithm>
#include <string>

namespace evolver::lint_rules {

namespace {

bool makes_index(Migration const& migration) {
    return std::any_of(migration.operations.begin(), migration.operations.end(),
                       [](Operation const& operation) { return std::holds_alternative<CreateIndex>(operation); });
}

void judge(Case const& seen, Tell const& tell) {
    if (!seen.refused_by_budget.empty())
        tell(Severity::error, seen.migration->id.text(), seen.refused_by_budget,
             std::string{makes_index(*seen.migration)
                             ? "let it be built in small batches beside everybody, .lock = Lock::online; or say"
                             : "say"} +
                 " that a window is planned for it, .lock = Lock::in_window; the finding becomes a warning then");
    for (auto const& step : seen.steps) {
        if (step.estimate <= std::chrono::milliseconds{50}) continue;
        tell(Severity::warning, step.what,
             "the step \"" + step.what + "\" holds the write lock for about " + std::to_string(step.estimate.count()) +
                 " ms, over " + counted(step.rows, "row", "rows"),
             "run it in the window that .lock = Lock::in_window speaks of, and tell those who write");
    }
}

}  // namespace

LintRule const sqlite_long_writer{
    .name = "sqlite-long-writer",
    .classification = Classification::data,
    .page = {.catches = "A step whose estimated lock is above the budget of 50 ms: an index on a large table, a "
                        "table or a column that is dropped.",
             .why = "SQLite has one writer: everybody else waits that long, and who waits less gets \"database "
                    "is locked\"; the WAL grows meanwhile.",
             .instead =
                 "An index: `.lock = Lock::online` builds it in small batches beside everybody. Else run it in a "
                 "window and say so in the operation: without `.lock = Lock::in_window` evolver refuses it.",
             .example = "CreateIndex{.name = \"by_name\", .table = \"packages\", .columns = {\"name\"}, .lock = "
                        "Lock::in_window}"},
    .judge = judge,
    .only = Engine::sqlite};

}  // namespace evolver::lint_rules
