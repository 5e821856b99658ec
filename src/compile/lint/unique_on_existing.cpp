#include "compile/lint/rules.hpp"

#include <algorithm>

namespace evolver::lint_rules {

namespace {

std::string listed(Case const& seen, Index const& index) {
    std::string names;
    for (auto const& part : index.parts) names += (names.empty() ? "\"" : ", \"") + seen.text(part.expression) + "\"";
    return names;
}

/// Does it speak of columns that programs write already?
bool on_existing(Case const& seen, Index const& index) {
    if (!seen.in_use(index.table)) return false;
    for (auto const& part : index.parts) {
        if (part.column && !seen.in_use(index.table, Name{seen.text(part.expression)})) return false;
    }
    return true;
}

bool writes(RawFacts const& raw, Name const& table) {
    auto const does = [&](TriedStatement const& one) { return one.touched.written().contains(table.text()); };
    return std::any_of(raw.expand.begin(), raw.expand.end(), does) ||
           std::any_of(raw.contract.begin(), raw.contract.end(), does);
}

void told(Case const& seen, Tell const& tell, Index const& index, std::string const& by, bool at_contract = false) {
    if (!on_existing(seen, index)) return;
    auto const twice = seen.ask([&](LiveRows const& rows) { return rows.count_duplicates(index); });
    // At contract no older release is left: only rows that are there speak against it, unless the SQL sees to them.
    if (at_contract && (twice.value_or(0) == 0 || writes(*seen.raw, index.table))) return;
    auto const table = index.table.text();
    tell(Severity::error, index.name.text(),
         by + " makes columns of " + table + " unique at " + (at_contract ? "contract" : "expand") +
             (twice && *twice > 0 ? ", and " + counted(*twice, "row repeats", "rows repeat") + " another"
                                  : std::string{}) +
             (at_contract ? ": it fails as long as they do" : ": what older releases insert may fail from then on"),
         "AddUnique{.table = \"" + table + "\", .name = \"" + index.name.text() + "\", .columns = {" +
             listed(seen, index) + "}}, which holds only the new release to it until contract");
}

/// ADD UNIQUE: on PostgreSQL a constraint of a table that is there.
void judge_keys(Case const& seen, Tell const& tell) {
    for (auto const& table : seen.before.tables) {
        auto const* const now = seen.after.find_table(table.name);
        for (auto const& key : now == nullptr ? std::vector<UniqueKey>{} : now->unique_keys) {
            auto const is_it = [&](UniqueKey const& other) { return other.columns == key.columns; };
            if (std::any_of(table.unique_keys.begin(), table.unique_keys.end(), is_it)) continue;
            Index index{.name = Name{key.name}, .table = table.name, .parts = {}, .unique = true};
            for (auto const& column : key.columns) index.parts.emplace_back(column);
            auto const* const between = seen.raw->replayed.expanded.find_table(table.name);
            bool const at_expand =
                between != nullptr && std::any_of(between->unique_keys.begin(), between->unique_keys.end(), is_it);
            told(seen, tell, index, "the SQL", !at_expand);
        }
    }
}

void judge(Case const& seen, Tell const& tell) {
    if (seen.expanded) return;
    if (auto const* made = seen.as<CreateIndex>(); made != nullptr && made->unique) {
        told(
            seen, tell,
            Index{
                .name = made->name, .table = made->table, .parts = made->columns, .unique = true, .where = made->where},
            "CreateIndex");
    }
    if (auto const* added = seen.as<AddUnique>();
        added != nullptr && added->clean.empty() && added->violators == Violators::refuse) {
        Index index{.name = added->name, .table = added->table, .parts = {}};
        for (auto const& column : added->columns) index.parts.emplace_back(column);
        auto const twice = seen.ask([&](LiveRows const& rows) { return rows.count_duplicates(index); });
        if (twice && *twice > 0) {
            tell(Severity::error, added->name.text(),
                 counted(*twice, "row", "rows") + " of " + added->table.text() + " " +
                     (*twice == 1 ? "repeats" : "repeat") + " the values of another: expand() is refused",
                 "mend them, or say what becomes of them: .clean, or .violators = Violators::quarantine");
        }
    }
    if (!seen.raw) return;
    if (seen.engine() == Engine::postgresql) judge_keys(seen, tell);
    for (auto const& index : seen.after.indexes) {
        if (!index.unique || seen.before.find_index(index.name) != nullptr ||
            seen.before.find_table(index.table) == nullptr)
            continue;
        told(seen, tell, index, "the SQL", seen.raw->replayed.expanded.find_index(index.name) == nullptr);
    }
}

}  // namespace

LintRule const unique_on_existing{
    .name = "unique-on-existing",
    .classification = Classification::constraint,
    .page =
        {.catches =
             "A unique index over columns that programs write already, made at expand by CreateIndex or by SQL of your "
             "own; and AddUnique where rows share their values and nothing is said of them.",
         .why = "Older releases know nothing of it: their inserts fail, or ON CONFLICT, OR IGNORE and OR REPLACE lose "
                "rows without "
                "a word.",
         .instead =
             "AddUnique holds the new release to it from expand on and all others from contract on, and says what "
             "becomes of rows that break it.",
         .example = "AddUnique{.table = \"packages\", .name = \"packages_name\", .columns = {\"name\"},\n"
                    "          .violators = Violators::quarantine}"},
    .judge = judge};

}  // namespace evolver::lint_rules
