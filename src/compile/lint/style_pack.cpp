#include "compile/lint/rules.hpp"

#include <algorithm>

namespace evolver::lint_rules {

namespace {

void unindexed(Case const& seen, Tell const& tell, Name const& table, ForeignKey const& key) {
    auto const& indexes = seen.after.indexes;
    bool const indexed = std::any_of(indexes.begin(), indexes.end(), [&](Index const& index) {
        return index.table == table && !index.parts.empty() && !key.columns.empty() &&
               seen.is_column(index.parts.front(), key.columns.front());
    });
    auto const* const known = seen.after.find_table(table);
    auto const keys = known == nullptr ? std::vector<Name>{} : known->key_columns();
    if (indexed || key.columns.empty() || (!keys.empty() && keys.front() == key.columns.front())) return;
    tell(Severity::info, table.text() + "." + key.columns.front().text(),
         "no index begins with " + table.text() + "." + key.columns.front().text() + ", which refers to " +
             key.table.text() + ": each delete there reads all of " + table.text(),
         "CreateIndex{.name = \"" + table.text() + "_by_" + key.columns.front().text() + "\", .table = \"" +
             table.text() + "\", .columns = {\"" + key.columns.front().text() + "\"}}");
}

void judge(Case const& seen, Tell const& tell) {
    if (seen.expanded) return;
    if (auto const* made = seen.as<CreateTable>()) {
        bool const keyed = !made->primary_key.empty() || std::any_of(made->columns.begin(), made->columns.end(),
                                                                     [](Column const& one) { return one.primary_key; });
        if (!keyed)
            tell(Severity::info, made->table.text(),
                 "the table " + made->table.text() + " has no primary key: nothing of its own names a row",
                 ".columns = {{.name = \"id\", .type = integer(), .primary_key = true}, …}");
        for (auto const& key : made->foreign_keys) unindexed(seen, tell, made->table, key);
    }
    if (auto const* added = seen.as<AddForeignKey>()) unindexed(seen, tell, added->table, added->key);
    if (auto const* made = seen.as<CreateIndex>()) {
        if (made->columns.size() > 3 && !made->unique)
            tell(Severity::info, made->name.text(),
                 "the index " + made->name.text() + " has " + std::to_string(made->columns.size()) +
                     " columns: every write pays for all of them, most queries use the first two",
                 "leave out what no query needs in its order");
        for (auto const& other : seen.before.indexes) {
            if (!(other.table == made->table) || other.parts.size() < made->columns.size() || other.where ||
                made->where)
                continue;
            if (!std::equal(
                    made->columns.begin(), made->columns.end(), other.parts.begin(),
                    [](IndexPart const& one, IndexPart const& two) { return one.expression == two.expression; }))
                continue;
            tell(Severity::info, made->name.text(),
                 "the index " + other.name.text() + " begins with the columns of " + made->name.text() + " already",
                 "leave it out, or drop the other: DropIndex{.name = \"" + other.name.text() + "\"}");
        }
    }
}

}  // namespace

LintRule const style_pack{
    .name = "style-pack",
    .classification = Classification::additive,
    .page = {.catches = "Small things: a table without a primary key, a foreign key whose columns no index begins "
                        "with, an index that another one covers, an index of more than three columns.",
             .why = "None of them breaks anything. Each costs something at every write or every delete of a "
                    "parent.",
             .instead = "What the finding says; or nothing, where it is meant so: infos are in lint(), and not in "
                        "a dry run.",
             .example = "CreateIndex{.name = \"tracks_by_album\", .table = \"tracks\", .columns = {\"album_id\"}}   // "
                        "for the foreign key"},
    .judge = judge};

}  // namespace evolver::lint_rules
