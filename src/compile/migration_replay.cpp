#include "compile/migration_replay.hpp"

#include "compile/broken_releases.hpp"

#include <algorithm>
#include <string_view>

namespace evolver {

namespace {

/// May an INSERT leave the column out?
bool may_be_left_out(Table const& table, Column const& column, Engine engine) {
    return column.nullable || column.default_value || column.generated ||
           (engine == Engine::sqlite && is_rowid_key(table, column));
}

/// Does an existing table take less than before?
bool constrains(Schema const& before, Schema const& after, std::vector<Difference> const& differences, Engine engine) {
    for (auto const& difference : differences) {
        if (difference.kind != DifferenceKind::unexpected) continue;
        for (auto const* kind : {"unique key ", "check ", "foreign key "}) {
            if (difference.object.starts_with(kind)) return true;
        }
    }
    for (auto const& index : after.indexes) {
        if (index.unique && before.find_index(index.name) == nullptr && before.find_table(index.table) != nullptr)
            return true;
    }
    for (auto const& table : after.tables) {
        auto const* const old_table = before.find_table(table.name);
        if (old_table == nullptr) continue;
        for (auto const& column : table.columns) {
            auto const* const old = old_table->find(column.name);
            bool const was_free = old == nullptr || may_be_left_out(*old_table, *old, engine);
            if (was_free && !may_be_left_out(table, column, engine)) return true;
            bool const is_key = engine == Engine::sqlite && is_rowid_key(table, column);
            if (old != nullptr && old->nullable && !column.nullable && !is_key) return true;
        }
    }
    return false;
}

std::string listed(std::vector<std::string> const& words) {
    std::string text;
    for (auto const& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

}  // namespace

ChangeKinds kinds_of(MigrationReplay const& replayed, Schema const& before, Schema const& after, bool same_catalogue,
                     Engine engine) {
    ChangeKinds kinds;
    for (auto const& difference : replayed.differences) {
        bool const holds_rows = difference.object.starts_with("table ") || difference.object.starts_with("column ");
        if (difference.kind == DifferenceKind::missing && holds_rows) kinds.destructive = true;
        bool const weaker = difference.object.starts_with("unique key ") || difference.object.starts_with("check ") ||
                            difference.object.starts_with("foreign key ");
        bool const gone = difference.kind == DifferenceKind::missing && !holds_rows && !weaker;
        if (gone || difference.kind == DifferenceKind::changed) kinds.behavioural = true;
    }
    kinds.constraining = constrains(before, after, replayed.differences, engine);
    kinds.data = !replayed.written.empty() || !replayed.rows.empty();
    kinds.no_op = same_catalogue && replayed.written.empty() && replayed.rows.empty() && replayed.rebuilt.empty();
    kinds.additive =
        !replayed.differences.empty() && !kinds.destructive && !kinds.constraining && !kinds.behavioural && !kinds.data;
    return kinds;
}

bool MigrationReplay::breaks_reads() const noexcept {
    auto const reads = [](BrokenStatement const& statement) { return statement.reads; };
    return std::any_of(broken.begin(), broken.end(), reads) ||
           std::any_of(broken_later.begin(), broken_later.end(), reads);
}

std::vector<std::string> findings(MigrationReplay const& replayed) {
    std::vector<std::string> words;
    auto const say = [&](std::string sentence) { words.push_back(replayed.id + ": " + std::move(sentence)); };
    if (!replayed.failure.empty()) {
        say("it cannot be applied: " + replayed.failure);
        return words;
    }
    if (replayed.kinds.no_op) say("it is a no-op: nothing is different afterwards");
    if (!replayed.broken.empty())
        say("at expand it breaks what the version before may do: " + in_words(replayed.broken));
    if (!replayed.broken_later.empty())
        say("at contract it breaks what the version before may do: " + in_words(replayed.broken_later));
    if (replayed.refused) say("its verify query finds rows, so contract would be refused");
    for (auto const& change : replayed.rows) {
        if (change.after < change.before) {
            say("of the " + std::to_string(change.before) + " rows of table " + change.table + " " +
                std::to_string(change.before - std::max<std::int64_t>(change.after, 0)) + " are gone");
        }
    }
    if (replayed.orphans > 0) say("it leaves " + std::to_string(replayed.orphans) + " rows without their parent");
    if (replayed.way_back == WayBack::fails) say("its way back fails: " + listed(replayed.way_back_words));
    if (replayed.way_back == WayBack::leads_elsewhere)
        say("its way back does not lead back: " + listed(replayed.way_back_words));
    if (!replayed.stood_in.empty())
        say("functions that were not declared were stood in for: " + listed(replayed.stood_in));
    return words;
}

}  // namespace evolver
