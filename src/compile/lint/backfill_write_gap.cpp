#include "compile/lint/rules.hpp"
#include "evolver/schema/tokens.hpp"

#include <algorithm>

namespace evolver::lint_rules {

namespace {

/// Between expand and contract, which is when older releases write.
bool has_new_trigger(Case const& seen, Name const& table) {
    auto const& old = seen.before.triggers;
    auto const& now = seen.raw->replayed.expanded.triggers;
    return std::any_of(now.begin(), now.end(), [&](Trigger const& trigger) {
        return trigger.table == table &&
               std::none_of(old.begin(), old.end(), [&](Trigger const& other) { return other.name == trigger.name; });
    });
}

/// A table that is new, and was filled from one that older releases go on writing to.
void judge_copies(Case const& seen, Tell const& tell) {
    for (auto const& one : seen.raw->expand) {
        for (auto const& name : one.touched.inserted) {
            if (seen.before.find_table(name) != nullptr || seen.raw->replayed.expanded.find_table(name) == nullptr)
                continue;
            for (auto const& source : seen.before.tables) {
                bool const reads = mentions_column(one.text, source.name.text());
                bool const stays = seen.raw->replayed.expanded.find_table(source.name) != nullptr;
                if (!reads || !stays || !seen.in_use(source.name) || has_new_trigger(seen, source.name)) continue;
                tell(Severity::warning, name,
                     "the SQL fills the new table " + name + " from " + source.name.text() +
                         " once: rows that older releases write afterwards are not in it",
                     "make triggers on " + source.name.text() +
                         " at expand that go on doing so, and drop them at contract; and a verify query that finds "
                         "rows where the two do not agree, which keeps contract closed",
                     one.text);
            }
        }
    }
}

void judge(Case const& seen, Tell const& tell) {
    if (!seen.raw || seen.expanded) return;
    judge_copies(seen, tell);
    for (auto const& table : seen.before.tables) {
        auto const* const now = seen.raw->replayed.expanded.find_table(table.name);
        if (now == nullptr || !seen.in_use(table.name) || has_new_trigger(seen, table.name)) continue;
        auto const updating =
            std::find_if(seen.raw->expand.begin(), seen.raw->expand.end(),
                         [&](TriedStatement const& one) { return one.touched.updated.contains(table.name.text()); });
        if (updating == seen.raw->expand.end()) continue;
        for (auto const& column : now->columns) {
            if (column.generated || table.find(column.name) != nullptr) continue;
            auto const object = table.name.text() + "." + column.name.text();
            tell(Severity::warning, object,
                 "the SQL adds " + object +
                     " and fills it once: rows that older releases write afterwards are not filled",
                 "an operation keeps both shapes in step until contract: ChangeType, SplitColumn or MergeColumns; a "
                 "constant is "
                 "AddColumn{… .default_value = \"…\"}",
                 updating->text);
        }
    }
}

}  // namespace

LintRule const backfill_write_gap{
    .name = "backfill-write-gap",
    .classification = Classification::data,
    .page = {.catches = "SQL of your own that adds a column to a table in use, fills it by an UPDATE, and makes "
                        "no trigger that goes on doing so.",
             .why = "Older releases go on inserting and updating without the column: what they write after "
                    "the UPDATE stays empty or stale, for ever.",
             .instead = "Let an operation say what the column is computed from: triggers are there before the "
                        "first row is filled.",
             .example = "SplitColumn{.table = \"packages\", .from = \"maintainer\",\n"
                        "            .into = {{.name = \"person\", .type = text(), .up = \"…\"}, {.name = \"mail\", "
                        ".type = text(), .up = \"…\"}},\n"
                        "            .down = \"person || ' <' || mail || '>'\"}"},
    .judge = judge};

}  // namespace evolver::lint_rules
