#include "dialect/sqlite/sync.hpp"

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/plain_expression.hpp"
#include "evolver/schema/tokens.hpp"

#include <algorithm>
#include <optional>

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
            trigger("update_up", "UPDATE OF " + list(pair_.from), old_changed + " OR NOT (" + new_unchanged + ")",
                    carry_up() + count() + carry_up())};
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
        std::string all_the_way = catch_up(On::update) + carry_down(pair_);
        // A row that is not filled yet keeps what only the old column has.
        for (auto const* older : older_) all_the_way += carry_down(*older, " AND NOT (" + all_null(older->to) + ")");
        return {trigger("insert_down", "INSERT",
                        "NEW." + joined(pair_.to, " IS NOT NULL OR NEW.", name_of) + " IS NOT NULL",
                        catch_up(On::insert) + carry_down(pair_) + count_legacy_write(synced_.legacy, loses())),
                trigger("update_down", "UPDATE OF " + list(pair_.to),
                        unless_in_sync("(" + joined(pair_.to, " OR ", changed) + ")"), all_the_way)};
    }

private:
    enum class On { insert, update };

    static std::string name_of(Side const& side) { return quoted(side.column.text()); }

    [[nodiscard]] std::string trigger(std::string const& role, std::string const& event, std::string const& when,
                                      std::string const& body) const {
        return "CREATE TRIGGER " + quoted(std::string{sync_prefix} + synced_.label + "_" + role) + " AFTER " + event +
               " ON " + table_ + " WHEN " + when + " BEGIN" + body + " END";
    }

    /// Where the row is in sync as it was written, nothing is to be carried down, and to find that out here costs a third of what the body
    /// does. It happens at each write of an old program: what carries that up is an update of the new columns. If NEW is stale, whoever has
    /// made it so was another statement, with triggers of its own.
    [[nodiscard]] std::string unless_in_sync(std::string const& when) const {
        if (!older_.empty()) return when;  // what stands in between may be behind
        std::vector<Name> columns;
        for (auto const* sides : {&pair_.from, &pair_.to})
            for (auto const& side : *sides) columns.push_back(side.column);
        auto const plain = [&](std::string const& expression) { return is_plain(expression, columns); };
        bool const all_plain = std::all_of(pair_.up.begin(), pair_.up.end(), plain) &&
                               std::all_of(pair_.down.begin(), pair_.down.end(), plain);
        return all_plain ? when + " AND NOT " + over_new(in_sync(pair_)) : when;
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

    /// The new columns of an older pair, between what that is computed from and the columns that this pair is computed
    /// from.
    struct Middle {
        PhysicalPair const* pair;
        std::vector<Side> upstream;   // all that the columns are computed from
        std::string behind;           // the condition under which they do not count
        std::vector<std::string> up;  // what counts in their place

        [[nodiscard]] std::string value(std::size_t i) const {
            return behind.empty() ? up[i]
                                  : "CASE WHEN " + behind + " THEN " + up[i] + " ELSE " + name_of(pair->to[i]) + " END";
        }
    };

    /// What stands in a chain between a pair's columns and what is older still may be behind: it is not filled yet, or
    /// the statement wrote both ends and left it out. Then the new columns are held against what it would be, as a
    /// reader gets it. Where they agree, it is filled in by what is older, and nothing that was written is overwritten.
    [[nodiscard]] std::string catch_up(On event) const {
        std::vector<Middle> middles;  // oldest first
        for (auto older = older_.rbegin(); older != older_.rend(); ++older) {
            auto const newer = std::find_if(older_.begin(), older.base(),
                                            [&](PhysicalPair const* next) { return feeds(**older, *next); });
            middles.push_back(middle(**older, middles, newer == older.base() ? pair_ : **newer, event));
        }
        if (middles.empty()) return {};
        std::string behind;
        std::string filling;
        auto const is_next = [&](Middle const& one) { return feeds(*one.pair, pair_); };
        bool const one_is_next = std::count_if(middles.begin(), middles.end(), is_next) == 1;
        for (auto one = middles.rbegin(); one != middles.rend(); ++one) {
            auto filled_in = *one;
            if (is_next(*one)) {
                behind += (behind.empty() ? "" : " OR ") + one->behind;
                if (one_is_next) one->behind = filled_in.behind = {};  // the statement's condition says it
            } else {
                // One that does count parts what is older from this pair: the triggers of its own pair see to that.
                auto const newer = std::find_if(middles.rbegin(), one,
                                                [&](Middle const& next) { return feeds(*one->pair, *next.pair); });
                if (!newer->behind.empty()) filled_in.behind = newer->behind + " AND " + one->behind;
            }
            for (std::size_t i = 0; i < one->up.size(); ++i) {
                filling += (filling.empty() ? "" : ", ") + name_of(one->pair->to[i]) + " = " + filled_in.value(i);
            }
        }
        PhysicalPair by_older = pair_;
        for (auto& up : by_older.up) up = by_way_of(middles, up);
        return " UPDATE " + table_ + " SET " + filling + " WHERE " + this_row() + " AND (" + behind + ") AND " +
               filled(by_older) + ";";
    }

    [[nodiscard]] static Middle middle(PhysicalPair const& pair, std::vector<Middle> const& older,
                                       PhysicalPair const& newer, On event) {
        Middle result{.pair = &pair, .upstream = pair.from, .behind = {}, .up = {}};
        std::string differs = "NOT " + in_sync(pair);
        for (auto const& one : older) {
            if (!feeds(*one.pair, pair)) continue;
            result.upstream.insert(result.upstream.end(), one.upstream.begin(), one.upstream.end());
            differs += " OR " + one.behind;
        }
        std::string left_out = all_null(pair.to);
        if (event == On::update) {
            // A trigger of the application's may have written what is older before, which changed these.
            left_out += " OR ((" + joined(result.upstream, " OR ", changed) + ") AND (" +
                        joined(pair.to, " AND ", unchanged) + " OR NOT " + in_sync(newer) + "))";
        }
        result.behind = "((" + left_out + ") AND (" + differs + "))";
        for (auto const& up : pair.up) result.up.push_back(by_way_of(older, up));
        return result;
    }

    /// An expression over the columns of middles, with what counts in their place.
    [[nodiscard]] static std::string by_way_of(std::vector<Middle> const& middles, std::string const& expression) {
        return replace_columns(expression, [&](std::string const& name) -> std::optional<std::string> {
            for (auto const& one : middles) {
                for (std::size_t i = 0; i < one.pair->to.size(); ++i) {
                    if (one.pair->to[i].column == Name{name}) return "(" + one.value(i) + ")";
                }
            }
            return std::nullopt;
        });
    }

    /// A write that was carried over; and one that leaves the new columns right, but the old ones with what they cannot give back ('5 kB'
    /// beside 5): nothing is carried, and contract would lose it.
    [[nodiscard]] std::string count() const {
        return count_legacy_write(synced_.legacy, "(changes() > 0 OR " + loses() + ")");
    }

    [[nodiscard]] std::string loses() const {
        return "EXISTS (SELECT 1 FROM " + table_ + " WHERE " + this_row() + " AND NOT (" + lossless(pair_) + "))";
    }

    std::string table_;
    RowKey const& key_;
    PhysicalPair const& pair_;
    SyncedPair const& synced_;
    std::vector<Side> newer_;                 // the pair's new columns, and all that are computed from them
    std::vector<PhysicalPair const*> older_;  // the pairs that its old columns are computed by, nearest first
};

}  // namespace

std::string count_legacy_write(std::int64_t counter, std::string const& condition) {
    std::string const now = "CAST(strftime('%s', 'now') AS INTEGER)";
    return " UPDATE evolver_legacy SET writes = writes + 1, last_at = " + now +
           " WHERE id = " + std::to_string(counter) + " AND last_at <> " + now + " AND " + condition + ";";
}

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
    // SQLite fires the triggers of one event in the reverse order of their creation. Only update_up depends on it.
    add(up, down);
    return up;
}

}  // namespace evolver::sqlite
