#include "dialect/sqlite/sync.hpp"

#include "dialect/sqlite/connection.hpp"

#include <algorithm>

namespace evolver::sqlite {

namespace {

std::string changed(Side const& side) {
    std::string const name = quoted(side.column.text());
    std::string const differs = "OLD." + name + " COLLATE BINARY IS NOT NEW." + name;
    return side.affinity == Affinity::none
               ? "(" + differs + " OR typeof(OLD." + name + ") IS NOT typeof(NEW." + name + "))"
               : differs;
}

std::string unchanged(Side const& side) {
    std::string const name = quoted(side.column.text());
    std::string const equal = "OLD." + name + " COLLATE BINARY IS NEW." + name;
    return side.affinity == Affinity::none ? "(" + equal + " AND typeof(OLD." + name + ") IS typeof(NEW." + name + "))"
                                           : equal;
}

template <class Items, class Text>
std::string joined(Items const& items, std::string_view between, Text const& text_of) {
    std::string text;
    for (auto const& item : items) {
        if (!text.empty()) text += between;
        text += text_of(item);
    }
    return text;
}

std::string list(std::vector<Side> const& sides) {
    return joined(sides, ", ", [](Side const& side) { return quoted(side.column.text()); });
}

bool feeds(PhysicalPair const& older, PhysicalPair const& newer) {
    return std::any_of(newer.from.begin(), newer.from.end(), [&](Side const& from) {
        return std::any_of(older.to.begin(), older.to.end(), [&](Side const& to) { return to.column == from.column; });
    });
}

/// Writes the triggers of one pair.
class Triggers {
public:
    Triggers(Name const& table, RowKey const& key, SyncedPair const& synced, std::vector<Side> newer,
             std::vector<PhysicalPair const*> older)
        : table_{quoted(table.text())},
          key_{key},
          pair_{synced.pair},
          synced_{synced},
          newer_{std::move(newer)},
          older_{std::move(older)} {}

    [[nodiscard]] std::vector<std::string> up() const {
        auto const old_changed = "(" + joined(pair_.from, " OR ", changed) + ")";
        auto const new_unchanged = joined(newer_, " AND ", unchanged);
        std::vector<std::string> statements{
            trigger("insert_up", "INSERT", "NEW." + joined(newer_, " IS NULL AND NEW.", name_of) + " IS NULL",
                    fill_where_empty() + count()),
            trigger("update_up", "UPDATE OF " + list(pair_.from), old_changed + " AND " + new_unchanged,
                    carry_up() + count() + carry_up()),
            trigger("update_late", "UPDATE OF " + list(pair_.from), old_changed + " AND NOT (" + new_unchanged + ")",
                    carry_up() + count())};
        if (!key_.hidden_rowid) {
            auto const key_changed = joined(key_.columns, " OR ", [](Name const& column) {
                return "OLD." + quoted(column.text()) + " IS NOT NEW." + quoted(column.text());
            });
            auto const columns = joined(key_.columns, ", ", [](Name const& column) { return quoted(column.text()); });
            statements.push_back(trigger("key", "UPDATE OF " + columns, "(" + key_changed + ") AND " + new_unchanged,
                                         fill_where_empty()));
        }
        return statements;
    }

    [[nodiscard]] std::vector<std::string> down() const {
        std::string all_the_way = carry_down(pair_);
        // A row that is not filled yet keeps what only the old column has.
        for (auto const* older : older_) all_the_way += carry_down(*older, " AND NOT (" + all_null(older->to) + ")");
        return {trigger("insert_down", "INSERT",
                        "NEW." + joined(pair_.to, " IS NOT NULL OR NEW.", name_of) + " IS NOT NULL", carry_down(pair_)),
                trigger("update_down", "UPDATE OF " + list(pair_.to), joined(pair_.to, " OR ", changed), all_the_way)};
    }

private:
    static std::string name_of(Side const& side) { return quoted(side.column.text()); }

    [[nodiscard]] std::string trigger(std::string const& role, std::string const& event, std::string const& when,
                                      std::string const& body) const {
        return "CREATE TRIGGER " + quoted(std::string{sync_prefix} + synced_.label + "_" + role) + " AFTER " + event +
               " ON " + table_ + " WHEN " + when + " BEGIN" + body + " END";
    }

    [[nodiscard]] std::string this_row() const {
        return joined(key_.columns, " AND ",
                      [](Name const& column) { return quoted(column.text()) + " = NEW." + quoted(column.text()); });
    }

    [[nodiscard]] static std::string assignments(std::vector<Side> const& columns,
                                                 std::vector<std::string> const& expressions) {
        std::string text;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            text += (i > 0 ? ", " : "") + quoted(columns[i].column.text()) + " = " + expressions[i];
        }
        return text;
    }

    [[nodiscard]] std::string carry_up() const {
        return " UPDATE " + table_ + " SET " + assignments(pair_.to, pair_.up) + " WHERE " + this_row() + " AND NOT " +
               in_sync(pair_) + ";";
    }

    [[nodiscard]] std::string fill_where_empty() const {
        return " UPDATE " + table_ + " SET " + assignments(pair_.to, pair_.up) + " WHERE " + this_row() + " AND " +
               all_null(newer_) + " AND NOT " + in_sync(pair_) + ";";
    }

    [[nodiscard]] std::string carry_down(PhysicalPair const& pair, std::string const& only_where = {}) const {
        return " UPDATE " + table_ + " SET " + assignments(pair.from, pair.down) + " WHERE " + this_row() + only_where +
               " AND NOT " + in_sync(pair) + ";";
    }

    [[nodiscard]] std::string count() const {
        return " UPDATE evolver_legacy SET writes = writes + 1, last_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE "
               "id = " +
               std::to_string(synced_.legacy) + " AND changes() > 0;";
    }

    std::string table_;
    RowKey const& key_;
    PhysicalPair const& pair_;
    SyncedPair const& synced_;
    std::vector<Side> newer_;                 // the pair's new columns, and all that are computed from them
    std::vector<PhysicalPair const*> older_;  // the pairs that its old columns are computed by, nearest first
};

}  // namespace

std::vector<std::string> sync_triggers(Name const& table, RowKey const& key, std::vector<SyncedPair> const& pairs) {
    std::vector<std::string> up;
    std::vector<std::string> down;
    auto const add = [](std::vector<std::string>& all, std::vector<std::string> const& more) {
        all.insert(all.end(), more.begin(), more.end());
    };
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        std::vector<Side> newer = pairs[i].pair.to;
        std::vector<PhysicalPair const*> reached{&pairs[i].pair};
        for (std::size_t j = i + 1; j < pairs.size(); ++j) {
            bool const downstream = std::any_of(reached.begin(), reached.end(), [&](PhysicalPair const* older) {
                return feeds(*older, pairs[j].pair);
            });
            if (!downstream) continue;
            reached.push_back(&pairs[j].pair);
            newer.insert(newer.end(), pairs[j].pair.to.begin(), pairs[j].pair.to.end());
        }
        std::vector<PhysicalPair const*> older;
        for (std::size_t j = i; j-- > 0;) {
            auto const into = [&](PhysicalPair const* pair) { return feeds(pairs[j].pair, *pair); };
            if (into(&pairs[i].pair) || std::any_of(older.begin(), older.end(), into)) older.push_back(&pairs[j].pair);
        }
        Triggers const triggers{table, key, pairs[i], std::move(newer), std::move(older)};
        add(up, triggers.up());
        add(down, triggers.down());
    }
    // SQLite fires the triggers of one event in the reverse order of their creation. Only update_late depends on it.
    add(up, down);
    return up;
}

}  // namespace evolver::sqlite
