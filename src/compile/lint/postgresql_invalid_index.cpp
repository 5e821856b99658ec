#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    if (seen.migration != nullptr || seen.live == nullptr || !seen.live->postgresql) return;
    for (auto const& left : seen.live->postgresql->invalid_indexes)
        tell(Severity::warning, left.index.text(),
             "the index " + left.index.text() + " on " + left.table.text() +
                 " is not valid, and nobody is building it: a build beside writers has failed and left it",
             "DROP INDEX CONCURRENTLY \"" + left.index.text() +
                 "\", then make it anew: CreateIndex, or AddUnique where rows broke it");
}

}  // namespace

LintRule const postgresql_invalid_index{
    .name = "postgresql-invalid-index",
    .classification = Classification::behavioural,
    .page = {.catches = "An index that the server calls invalid: CREATE INDEX CONCURRENTLY has failed, for two rows "
                        "that are equal or a deadlock, and has left it behind.",
             .why = "No query uses it, every write still pays for it, and a unique one refuses rows as if it held. Who "
                    "makes it anew with IF NOT EXISTS makes nothing.",
             .instead = "Drop it, and mend what made it fail. What evolver builds itself it also clears away.",
             .example = "DROP INDEX CONCURRENTLY by_name"},
    .judge = judge,
    .only = Engine::postgresql};

}  // namespace evolver::lint_rules
