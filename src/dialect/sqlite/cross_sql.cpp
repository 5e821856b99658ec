#include "dialect/sqlite/cross_sql.hpp"

#include "dialect/sqlite/joined.hpp"
#include "dialect/sqlite/sync.hpp"

#include <algorithm>

namespace evolver::sqlite {

namespace {

constexpr std::string_view a_source = "evolver_source";
constexpr std::string_view a_target = "evolver_target";

std::string dotted(std::string_view table, Name const& column) {
    return std::string{table} + "." + quoted(column.text());
}

std::string names(std::vector<Name> const& columns) {
    return joined(columns, ", ", [](Name const& column) { return quoted(column.text()); });
}

std::vector<std::string> dotted(std::string_view table, std::vector<Name> const& columns) {
    std::vector<std::string> all;
    for (auto const& column : columns) all.push_back(dotted(table, column));
    return all;
}

std::string equal(std::vector<std::string> const& left, std::vector<std::string> const& right) {
    std::string text;
    for (std::size_t i = 0; i < left.size(); ++i) text += (i > 0 ? " AND " : "") + (left[i] + " = " + right[i]);
    return text;
}

/// What the statements of one pair have in common.
class Cross {
public:
    explicit Cross(CrossPair const& pair, Affinity affinity = Affinity::text) : pair_{pair}, affinity_{affinity} {}

    [[nodiscard]] std::string source() const { return quoted(pair_.source.text()); }
    [[nodiscard]] std::string target() const { return quoted(pair_.target.text()); }
    [[nodiscard]] std::string absent() const { return "(" + pair_.absent.text(Engine::sqlite) + ")"; }
    [[nodiscard]] bool has_absent() const { return pair_.absent.text(Engine::sqlite) != "NULL"; }

    /// `column` holds what `value` would be as stored there.
    [[nodiscard]] std::string same(std::string const& column, std::string const& value) const {
        auto const equals = column + " COLLATE BINARY IS +(" + value + ")";
        return affinity_ == Affinity::none ? "(" + equals + " AND typeof(" + column + ") IS typeof(" + value + "))"
                                           : equals;
    }
    [[nodiscard]] std::string says_something(std::string_view table) const {
        return dotted(table, pair_.column) + (has_absent() ? " COLLATE BINARY IS NOT " : " IS NOT ") +
               (has_absent() ? absent() : "NULL");
    }
    [[nodiscard]] std::string says_nothing(std::string_view table) const {
        return "NOT (" + says_something(table) + ")";
    }

    /// FROM … WHERE: the source's rows in the group with that key.
    [[nodiscard]] std::string sources_of(std::vector<std::string> const& key) const {
        return " FROM " + source() + " AS " + std::string{a_source} + " WHERE " +
               equal(dotted(a_source, pair_.source_key), key);
    }
    [[nodiscard]] std::string targets_of(std::vector<std::string> const& key) const {
        return " FROM " + target() + " AS " + std::string{a_target} + " WHERE " +
               equal(dotted(a_target, pair_.target_key), key);
    }

    [[nodiscard]] std::string up(std::vector<std::string> const& key) const {
        std::string const largest =
            pair_.many_sources
                ? " ORDER BY " + joined(pair_.source_row, ", ",
                                        [](Name const& column) { return dotted(a_source, column) + " DESC"; })
                : "";
        return "(SELECT " + dotted(a_source, pair_.column) + sources_of(key) + " AND " + says_something(a_source) +
               largest + " LIMIT 1)";
    }
    [[nodiscard]] std::string up(std::string_view target) const { return up(dotted(target, pair_.target_key)); }

    [[nodiscard]] std::string down(std::string const& value) const {
        return has_absent() ? "coalesce(" + value + ", " + absent() + ")" : value;
    }

    [[nodiscard]] std::string agrees(std::string_view target) const {
        auto const to = dotted(target, pair_.to);
        return "(NOT EXISTS (SELECT 1" + sources_of(dotted(target, pair_.target_key)) + " AND NOT (" +
               same(dotted(a_source, pair_.column), down(to)) + ")) OR " + same(to, up(target)) + ")";
    }

    /// A row of the source whose value is found in the target.
    [[nodiscard]] std::string homed(std::string_view source) const {
        auto const found = pair_.largest_key_wins
                               ? std::string{}
                               : " AND " + same(dotted(a_target, pair_.to), dotted(source, pair_.column));
        return "(" + says_nothing(source) + " OR EXISTS (SELECT 1" + targets_of(dotted(source, pair_.source_key)) +
               found + "))";
    }

    [[nodiscard]] std::string set_up() const { return quoted(pair_.to.text()) + " = " + up(target()); }

private:
    CrossPair const& pair_;
    Affinity affinity_;
};

std::string parameters(std::vector<Name> const& row, std::string_view table) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i)
        text += (i > 0 ? " AND " : "") + dotted(table, row[i]) + " = ?" + std::to_string(i + 1);
    return text;
}

void include(std::vector<Name>& all, std::vector<Name> const& more) {
    for (auto const& name : more) {
        if (std::find(all.begin(), all.end(), name) == all.end()) all.push_back(name);
    }
}

/// Writes the triggers of one pair.
class Triggers {
public:
    Triggers(PhysicalCrossPair const& physical, std::string const& label, std::int64_t legacy)
        : physical_{physical},
          pair_{physical.pair},
          cross_{physical.pair, physical.affinity},
          label_{label},
          legacy_{legacy} {}

    [[nodiscard]] std::vector<std::string> on_source() const {
        auto const carry = carry_group("NEW");
        auto const carried = made() + carry + count("changes() > 0") + carry + count(is_unhomed());
        auto const key_changed = any_changed(pair_.source_key);
        auto const keys = "UPDATE OF " + names(pair_.source_key) + " ON " + cross_.source();
        std::vector<Name> written{pair_.column};
        include(written, pair_.source_key);
        auto row_changed = key_changed;
        if (!physical_.source_row.hidden_rowid) {
            include(written, pair_.source_row);
            row_changed += " OR " + any_changed(pair_.source_row);
        }
        auto const left = carry_group("OLD") + count("changes() > 0") + leave_behind();
        // SQLite fires the triggers of one event in the reverse order of their creation: source_key_down comes before source_update.
        return {
            trigger("source_insert", "INSERT ON " + cross_.source(), cross_.says_something("NEW"), carried),
            trigger("source_insert_down", "INSERT ON " + cross_.source(), cross_.says_nothing("NEW"),
                    take_from_target()),
            trigger("source_update", "UPDATE OF " + names(written) + " ON " + cross_.source(),
                    changed(pair_.column) + " OR " + row_changed, carried),
            trigger("source_key", keys, key_changed, left),
            trigger("source_delete", "DELETE ON " + cross_.source(), cross_.says_something("OLD"), left),
            trigger("source_key_down", keys,
                    "(" + key_changed + ") AND NOT (" + changed(pair_.column) + ") AND " + cross_.says_nothing("NEW"),
                    take_from_target())};
    }

    [[nodiscard]] std::vector<std::string> on_target() const {
        auto const target = cross_.target();
        auto const fill =
            " UPDATE " + target + " SET " + cross_.set_up() + " WHERE " + this_row(target, pair_.target_row);
        // A row that is not filled, and comes where nobody says anything, takes along what it was read as.
        auto const to_here = dotted(target, pair_.to);
        auto const somebody = "EXISTS (SELECT 1" + cross_.sources_of(dotted(target, pair_.target_key)) + ")";
        auto const follow = " UPDATE " + target + " SET " + quoted(pair_.to.text()) + " = CASE WHEN " + somebody +
                            " THEN " + cross_.up(target) + " ELSE " + cross_.up("OLD") + " END WHERE " +
                            this_row(target, pair_.target_row) + " AND (NOT " + cross_.agrees(target) + " OR (" +
                            to_here + " IS NULL AND NOT " + somebody + "));";
        auto const disagrees = "EXISTS (SELECT 1 FROM " + target + " AS " + std::string{a_target} + " WHERE " +
                               this_row(a_target, pair_.target_row) + " AND NOT " + cross_.agrees(a_target) + ")";
        auto const to_changed = changed(pair_.to);
        std::vector<Name> written;
        include(written, pair_.target_key);
        auto moved = any_changed(pair_.target_key);
        if (!physical_.target_row.hidden_rowid) {
            include(written, pair_.target_row);
            moved += " OR " + any_changed(pair_.target_row);
        }
        auto const to = quoted(pair_.to.text());
        // target_update_down comes before target_key.
        return {trigger("target_insert_up", "INSERT ON " + target, "NEW." + to + " IS NULL",
                        fill + " AND " + dotted(target, pair_.to) + " IS NULL AND NOT " + cross_.agrees(target) + ";"),
                trigger("target_insert_down", "INSERT ON " + target, "NEW." + to + " IS NOT NULL AND " + disagrees,
                        bring_down()),
                trigger("target_key", "UPDATE OF " + names(written) + " ON " + target,
                        "(" + moved + ") AND NOT (" + to_changed + ")", follow),
                trigger("target_update_down", "UPDATE OF " + to + " ON " + target, disagrees, bring_down())};
    }

private:
    [[nodiscard]] std::string trigger(std::string const& role, std::string const& event, std::string const& when,
                                      std::string const& body) const {
        return "CREATE TRIGGER " + quoted(std::string{sync_prefix} + label_ + "_" + role) + " AFTER " + event +
               " WHEN " + when + " BEGIN" + body + " END";
    }

    [[nodiscard]] std::string changed(Name const& column) const {
        auto const name = quoted(column.text());
        auto const differs = "OLD." + name + " COLLATE BINARY IS NOT NEW." + name;
        return physical_.affinity == Affinity::none
                   ? "(" + differs + " OR typeof(OLD." + name + ") IS NOT typeof(NEW." + name + "))"
                   : differs;
    }

    [[nodiscard]] static std::string any_changed(std::vector<Name> const& columns) {
        return joined(columns, " OR ", [](Name const& column) {
            return "OLD." + quoted(column.text()) + " COLLATE BINARY IS NOT NEW." + quoted(column.text());
        });
    }

    [[nodiscard]] static std::string this_row(std::string_view table, std::vector<Name> const& row) {
        return equal(dotted(table, row), dotted("NEW", row));
    }

    /// The target's rows in the group of the source's row OLD or NEW.
    [[nodiscard]] std::string carry_group(std::string_view row) const {
        auto const target = cross_.target();
        return " UPDATE " + target + " SET " + cross_.set_up() + " WHERE " +
               equal(dotted(target, pair_.target_key), dotted(row, pair_.source_key)) + " AND NOT " +
               cross_.agrees(target) + ";";
    }

    /// OR IGNORE: it must not make an old program's statement fail.
    [[nodiscard]] std::string made() const {
        if (!pair_.makes_rows) return {};
        std::string present;
        for (auto const& column : dotted(a_source, pair_.source_key)) present += " AND " + column + " IS NOT NULL";
        return " INSERT OR IGNORE INTO " + cross_.target() + " (" + names(pair_.target_key) + ", " +
               quoted(pair_.to.text()) + ") SELECT " + joined(dotted(a_source, pair_.source_key), ", ") + ", " +
               dotted(a_source, pair_.column) + " FROM " + cross_.source() + " AS " + std::string{a_source} +
               " WHERE " + this_row(a_source, pair_.source_row) + " AND " + cross_.says_something(a_source) + present +
               " AND NOT EXISTS (SELECT 1" + cross_.targets_of(dotted(a_source, pair_.source_key)) + ");" +
               count("changes() > 0");
    }

    [[nodiscard]] std::string take_from_target() const {
        auto const source = cross_.source();
        auto const said = said_by_target(pair_, dotted(source, pair_.source_key));
        return " UPDATE " + source + " SET " + quoted(pair_.column.text()) + " = " + said + " WHERE " +
               this_row(source, pair_.source_row) + " AND " + cross_.says_nothing(source) + " AND " + said +
               " IS NOT NULL;";
    }

    /// The last row of the source has left a group: what it said stays with rows of the target that are not filled yet.
    [[nodiscard]] std::string leave_behind() const {
        auto const target = cross_.target();
        return " UPDATE " + target + " SET " + quoted(pair_.to.text()) + " = OLD." + quoted(pair_.column.text()) +
               " WHERE " + equal(dotted(target, pair_.target_key), dotted("OLD", pair_.source_key)) + " AND " +
               dotted(target, pair_.to) + " IS NULL AND " + cross_.says_something("OLD") + " AND NOT EXISTS (SELECT 1" +
               cross_.sources_of(dotted(target, pair_.target_key)) + ");";
    }

    /// What the target's row says: to its other rows first, so that the source's triggers find all of them in step.
    [[nodiscard]] std::string bring_down() const {
        auto const source = cross_.source();
        auto const target = cross_.target();
        auto const said = "(SELECT " + dotted(a_target, pair_.to) + " FROM " + target + " AS " + std::string{a_target} +
                          " WHERE " + this_row(a_target, pair_.target_row) + ")";
        std::string statements;
        if (pair_.many_targets) {
            statements = " UPDATE " + target + " SET " + quoted(pair_.to.text()) + " = " + said + " WHERE " +
                         equal(dotted(target, pair_.target_key), dotted("NEW", pair_.target_key)) + " AND NOT (" +
                         cross_.same(dotted(target, pair_.to), said) + ");";
        }
        return statements + " UPDATE " + source + " SET " + quoted(pair_.column.text()) + " = " + cross_.down(said) +
               " WHERE " + equal(dotted(source, pair_.source_key), dotted("NEW", pair_.target_key)) + " AND NOT (" +
               cross_.same(dotted(source, pair_.column), cross_.down(said)) + ");";
    }

    [[nodiscard]] std::string is_unhomed() const {
        return "EXISTS (SELECT 1 FROM " + cross_.source() + " AS " + std::string{a_source} + " WHERE " +
               this_row(a_source, pair_.source_row) + " AND NOT " + cross_.homed(a_source) + ")";
    }

    [[nodiscard]] std::string count(std::string const& condition) const {
        return count_legacy_write(legacy_, condition);
    }

    PhysicalCrossPair const& physical_;
    CrossPair const& pair_;
    Cross cross_;
    std::string const& label_;
    std::int64_t legacy_;
};

}  // namespace

std::string said_by_source(CrossPair const& pair, std::string const& target) { return Cross{pair}.up(target); }

std::string said_by_target(CrossPair const& pair, std::vector<std::string> const& key) {
    std::string const largest =
        pair.many_targets ? " ORDER BY " + joined(pair.target_row, ", ",
                                                  [](Name const& column) { return dotted(a_target, column) + " DESC"; })
                          : "";
    return "(SELECT " + dotted(a_target, pair.to) + Cross{pair}.targets_of(key) + " AND " + dotted(a_target, pair.to) +
           " IS NOT NULL" + largest + " LIMIT 1)";
}

PhysicalTransform cross_fill(PhysicalCrossPair const& pair) {
    Cross const cross{pair.pair, pair.affinity};
    auto const target = cross.target();
    return {.table = pair.pair.target,
            .set = {{pair.pair.to, cross.up(target)}},
            .where = dotted(target, pair.pair.to) + " IS NULL AND NOT " + cross.agrees(target)};
}

std::string make_missing(PhysicalCrossPair const& pair, Range range, std::string const& left_out) {
    Cross const cross{pair.pair, pair.affinity};
    auto const source = cross.source();
    auto const key = dotted(source, pair.pair.source_key);
    std::string present;
    for (auto const& column : key) present += " AND " + column + " IS NOT NULL";
    return "INSERT INTO " + cross.target() + " (" + names(pair.pair.target_key) + ", " + quoted(pair.pair.to.text()) +
           ") SELECT DISTINCT " + joined(key, ", ") + ", " + cross.up(key) + " FROM " + source + " WHERE " +
           in_range(pair.source_row, range) + (left_out.empty() ? "" : " AND NOT (" + left_out + ")") + " AND " +
           cross.says_something(source) + present + " AND NOT EXISTS (SELECT 1" + cross.targets_of(key) + ")";
}

std::string carry_from_source(PhysicalCrossPair const& pair) {
    Cross const cross{pair.pair, pair.affinity};
    auto const target = cross.target();
    std::vector<std::string> key;
    for (auto const& column : pair.pair.source_key) {
        key.push_back("(SELECT " + dotted(a_source, column) + " FROM " + cross.source() + " AS " +
                      std::string{a_source} + " WHERE " + parameters(pair.pair.source_row, a_source) + ")");
    }
    return "UPDATE " + target + " SET " + cross.set_up() + " WHERE " +
           equal(dotted(target, pair.pair.target_key), key) + " AND NOT " + cross.agrees(target);
}

std::string carry_to_target(PhysicalCrossPair const& pair) {
    Cross const cross{pair.pair, pair.affinity};
    auto const target = cross.target();
    return "UPDATE " + target + " SET " + cross.set_up() + " WHERE " + parameters(pair.pair.target_row, target) +
           " AND NOT " + cross.agrees(target);
}

std::string compare_targets(PhysicalCrossPair const& pair, Range range) {
    Cross const cross{pair.pair, pair.affinity};
    return "SELECT count(*), total(NOT agrees), total(NOT agrees) FROM (SELECT " + cross.agrees(cross.target()) +
           " AS agrees FROM " + cross.target() + " WHERE " + in_range(pair.target_row, range) + ")";
}

std::string compare_sources(PhysicalCrossPair const& pair, Range range) {
    Cross const cross{pair.pair, pair.affinity};
    return "SELECT count(*), 0, total(NOT homed) FROM (SELECT " + cross.homed(cross.source()) + " AS homed FROM " +
           cross.source() + " WHERE " + in_range(pair.source_row, range) + ")";
}

std::string find_differing(PhysicalCrossPair const& pair, Range range) {
    Cross const cross{pair.pair, pair.affinity};
    auto const count = "?" + std::to_string(2 * pair.target_row.columns.size() + 1);
    return "SELECT " + names(pair.pair.target_row) + ", " + cross.up(cross.target()) + ", " +
           quoted(pair.pair.to.text()) + " FROM " + cross.target() + " WHERE " + in_range(pair.target_row, range) +
           " AND NOT " + cross.agrees(cross.target()) + " ORDER BY " + names(pair.pair.target_row) + " LIMIT " + count;
}

std::string find_unhomed(PhysicalCrossPair const& pair, Range range) {
    auto const count = "?" + std::to_string(2 * pair.source_row.columns.size() + 1);
    return "SELECT " + names(pair.pair.source_row) + " FROM " + quoted(pair.pair.source.text()) + " WHERE " +
           in_range(pair.source_row, range) + " AND " + unhomed(pair) + " ORDER BY " + names(pair.pair.source_row) +
           " LIMIT " + count;
}

std::string unhomed(PhysicalCrossPair const& pair) {
    Cross const cross{pair.pair, pair.affinity};
    return "NOT " + cross.homed(cross.source());
}

std::string only_in_target(PhysicalCrossPair const& pair) {
    Cross const cross{pair.pair, pair.affinity};
    auto const target = cross.target();
    auto const to = dotted(target, pair.pair.to);
    return to + " IS NOT NULL AND NOT EXISTS (SELECT 1" + cross.sources_of(dotted(target, pair.pair.target_key)) +
           " AND " + cross.same(dotted(a_source, pair.pair.column), to) + ")";
}

std::vector<std::string> source_triggers(PhysicalCrossPair const& pair, std::string const& label, std::int64_t legacy) {
    return Triggers{pair, label, legacy}.on_source();
}

std::vector<std::string> target_triggers(PhysicalCrossPair const& pair, std::string const& label) {
    return Triggers{pair, label, 0}.on_target();
}

}  // namespace evolver::sqlite
