#include "compile/lint/rules.hpp"

#include <algorithm>

namespace evolver::lint_rules {

namespace {

/// `other` is good for whatever `index` was good for.
bool serves(Index const& other, Index const& index) {
    if (other.name == index.name || !(other.table == index.table) || other.where ||
        other.parts.size() < index.parts.size())
        return false;
    return std::equal(index.parts.begin(), index.parts.end(), other.parts.begin(),
                      [](IndexPart const& one, IndexPart const& two) {
                          return one.expression == two.expression && one.collation == two.collation;
                      });
}

void judge(Case const& seen, Tell const& tell) {
    auto const told = [&](Index const& index) {
        if (!seen.in_use(index.table)) return;
        auto const& indexes = seen.after.indexes;
        if (std::any_of(indexes.begin(), indexes.end(), [&](Index const& other) { return serves(other, index); }))
            return;
        tell(Severity::warning, index.name.text(),
             "the index " + index.name.text() + " on " + index.table.text() +
                 " is dropped, and no other begins with its columns: queries that lived by it read the whole table",
             "look for them first: " +
                 std::string{seen.engine() == Engine::sqlite ? "EXPLAIN QUERY PLAN of each query says USING INDEX "
                                                             : "EXPLAIN of each query says Index Scan using "} +
                 index.name.text() + " where it lives by it");
    };
    if (auto const* drop = seen.as<DropIndex>()) {
        if (auto const* index = seen.before.find_index(drop->name)) told(*index);
    }
    if (!seen.raw) return;
    for (auto const& index : seen.before.indexes) {
        if (seen.after.find_table(index.table) != nullptr && seen.after.find_index(index.name) == nullptr) told(index);
    }
}

}  // namespace

LintRule const drop_index{
    .name = "drop-index",
    .classification = Classification::behavioural,
    .page = {.catches = "An index is dropped and no other index begins with the same columns.",
             .why = "A query that lived by it becomes a full scan: milliseconds become seconds, and only "
                    "under production load.",
             .instead = "Ask EXPLAIN QUERY PLAN (PostgreSQL: EXPLAIN) for the queries on the table. Keep the index, or "
                        "make the one "
                        "that takes its place in the same migration.",
             .example = "Migration{.id = \"0011-one-index\", .release = \"3.0\",\n"
                        "          .operations = {CreateIndex{.name = \"by_name_section\", .table = \"packages\", "
                        ".columns = {\"name\", \"section\"}},\n"
                        "                         DropIndex{.name = \"by_name\"}}}"},
    .judge = judge};

}  // namespace evolver::lint_rules
