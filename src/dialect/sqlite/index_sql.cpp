#include "dialect/sqlite/index_sql.hpp"

#include "dialect/sqlite/create_text.hpp"
#include "dialect/sqlite/fill_sql.hpp"
#include "dialect/sqlite/joined.hpp"
#include "dialect/sqlite/render.hpp"

#include <algorithm>
#include <numeric>

namespace evolver::sqlite {

namespace {

std::string column(std::size_t i) { return "c" + std::to_string(i + 1); }
std::string flag(std::size_t i) { return "f" + std::to_string(i + 1); }
std::string parameter(std::size_t number) { return "?" + std::to_string(number); }

std::vector<std::size_t> all_of(IndexLayout const& layout) {
    std::vector<std::size_t> all(layout.columns.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
}

std::string columns(IndexLayout const& layout, std::string_view before = {}) {
    return joined(all_of(layout), ", ", [&](std::size_t i) { return std::string{before} + column(i); });
}

std::string values(IndexLayout const& layout) {
    return joined(layout.columns, ", ", [](IndexColumn const& one) { return one.value; });
}

/// The columns of the row's key, as the holder and the notes have them.
std::string key_columns(IndexLayout const& layout) { return joined(layout.key_at, ", ", column); }

RowKey noted_key(IndexLayout const& layout) {
    RowKey key;
    for (auto const i : layout.key_at) key.columns.emplace_back(column(i));
    return key;
}

std::string key_in(IndexLayout const& layout, std::string const& query) {
    auto const names = joined(layout.key.columns, ", ", [](Name const& name) { return quoted(name.text()); });
    return (layout.key.columns.size() == 1 ? names : "(" + names + ")") + " IN (" + query + ")";
}

std::string key_is_given(IndexLayout const& layout) {
    std::string condition;
    for (std::size_t i = 0; i < layout.key.columns.size(); ++i)
        condition += (i > 0 ? " AND " : "") + quoted(layout.key.columns[i].text()) + " = " + parameter(i + 1);
    return condition;
}

std::string definitions(IndexLayout const& layout) {
    return joined(all_of(layout), ", ", [&](std::size_t i) {
        auto const& one = layout.columns[i];
        return column(i) + (one.whole_numbers ? " NUMERIC" : "") +
               (one.collation == "BINARY" ? "" : " COLLATE " + quoted(one.collation));
    });
}

std::string direction(IndexColumn const& one) { return one.descending ? " DESC" : ""; }

std::string in_order(IndexLayout const& layout, bool backwards = false) {
    return joined(all_of(layout), ", ", [&](std::size_t i) {
        return column(i) + (layout.columns[i].descending != backwards ? " DESC" : "");
    });
}

std::string holder(IndexLayout const& layout, std::string const& name) {
    return "CREATE TABLE " + quoted(name) + " (" + definitions(layout) + ", PRIMARY KEY (" + in_order(layout) +
           ")) WITHOUT ROWID";
}

std::string of_table(IndexLayout const& layout) {
    return " FROM " + quoted(layout.index.table.text()) + " WHERE " +
           (layout.index.where ? enclosed(layout.index.where->text(Engine::sqlite)) + " AND " : "");
}

Range range_of(bool from_start) { return from_start ? Range::until : Range::after_until; }

// ---- what is sorted: a flag goes before each column that may be NULL, and stands for it

struct SortedColumn {
    std::string name;
    std::string collation;
    bool descending;
};

std::vector<SortedColumn> sorted_columns(IndexLayout const& layout) {
    std::vector<SortedColumn> sorted;
    for (auto const i : all_of(layout)) {
        auto const& one = layout.columns[i];
        if (one.nullable) sorted.push_back({flag(i), "BINARY", one.descending});
        sorted.push_back({column(i), one.collation, one.descending});
    }
    return sorted;
}

std::string sorted_names(IndexLayout const& layout) {
    return joined(sorted_columns(layout), ", ", [](SortedColumn const& one) { return one.name; });
}

std::string sorted_definitions(IndexLayout const& layout) {
    return joined(sorted_columns(layout), ", ",
                  [](SortedColumn const& one) { return one.name + " COLLATE " + quoted(one.collation); });
}

std::string sorted_order(IndexLayout const& layout) {
    return joined(sorted_columns(layout), ", ",
                  [](SortedColumn const& one) { return one.name + (one.descending ? " DESC" : ""); });
}

/// The plain columns as a bound has them.
std::string with_flags(IndexLayout const& layout) {
    return joined(all_of(layout), ", ", [&](std::size_t i) {
        auto const name = column(i);
        auto const& one = layout.columns[i];
        auto const collated = " COLLATE " + quoted(one.collation) + " AS " + name;
        return one.nullable ? name + " IS NOT NULL AS " + flag(i) + ", coalesce(" + name + ", 0)" + collated
                            : name + collated;
    });
}

std::string flagged(IndexLayout const& layout) {
    return "(SELECT entry, " + with_flags(layout) + " FROM temp.evolver_sorted) AS s";
}

/// The sorted entries after (or until, and with) the bound whose parameters begin with `first`.
std::string beyond(IndexLayout const& layout, std::size_t first, bool until) {
    auto const sorted = sorted_columns(layout);
    auto const comparison = [&](std::size_t i) { return std::string{sorted[i].descending != until ? "<" : ">"}; };
    // SQLite seeks by a row value as far as the direction stays the same.
    std::size_t alike = 1;
    while (alike < sorted.size() && sorted[alike].descending == sorted[0].descending) ++alike;
    std::string names;
    std::string given;
    for (std::size_t i = 0; i < alike; ++i) {
        names += (i > 0 ? ", " : "") + sorted[i].name;
        given += (i > 0 ? ", " : "") + parameter(first + i);
    }
    auto const row_value = [&](std::string const& strictness) {
        auto const sign = " " + comparison(0) + strictness + " ";
        return alike == 1 ? names + sign + given : "(" + names + ")" + sign + "(" + given + ")";
    };
    if (alike == sorted.size()) return row_value(until ? "=" : "");
    std::string condition;
    for (std::size_t i = sorted.size(); i-- > 0;) {
        auto const sign = " " + comparison(i);
        auto const value = " " + parameter(first + i);
        auto const& name = sorted[i].name;
        condition = condition.empty() ? name + sign + (until ? "=" : "") + value
                                      : name + sign + value + " OR (" + name + " = " + parameter(first + i) + " AND (" +
                                            condition + "))";
    }
    return row_value("=") + " AND (" + condition + ")";
}

std::string taken(IndexLayout const& layout, Take take) {
    return "s.entry BETWEEN r.next AND min(r.last, r.next + ?1 - 1)" +
           (take == Take::until_bound ? " AND " + beyond(layout, 2, true) : "");
}

/// What is noted is compared when it has been settled.
std::string is_settled(IndexLayout const& layout, std::string const& row) {
    auto const names = joined(layout.key_at, ", ", [&](std::size_t i) { return row + "." + column(i); });
    return "NOT (" + (layout.key_at.size() == 1 ? names : "(" + names + ")") + " IN (SELECT " + key_columns(layout) +
           " FROM " + quoted(notes_name(layout.index.name)) + "))";
}

// ---- triggers

std::string note(IndexLayout const& layout, std::string const& condition) {
    return " INSERT INTO " + quoted(notes_name(layout.index.name)) + " (" + columns(layout) + ") SELECT " +
           values(layout) + of_table(layout) + condition + ";";
}

std::string key_equals(IndexLayout const& layout, std::string_view row) {
    return joined(layout.key.columns, " AND ", [&](Name const& name) {
        return quoted(name.text()) + " = " + std::string{row} + "." + quoted(name.text());
    });
}

std::vector<std::string> triggers(IndexLayout const& layout) {
    auto const trigger = [&](std::string const& suffix, std::string const& event, std::string const& body) {
        return "CREATE TRIGGER " + quoted(notes_name(layout.index.name) + suffix) + " " + event + " ON " +
               quoted(layout.index.table.text()) + " BEGIN" + body + " END";
    };
    std::string in_way;
    for (auto const& way : layout.in_way) in_way += note(layout, way);
    auto const old_row = note(layout, key_equals(layout, "OLD"));
    auto const new_row = note(layout, key_equals(layout, "NEW"));
    return {trigger("_1", "BEFORE INSERT", in_way), trigger("_2", "AFTER INSERT", new_row),
            trigger("_3", "BEFORE UPDATE", old_row + in_way), trigger("_4", "AFTER UPDATE", new_row),
            trigger("_5", "BEFORE DELETE", old_row)};
}

bool has(Connection const& schema, std::string const& type, std::string const& name) {
    std::vector<Value> const binds{type, name};
    return schema.integer("SELECT count(*) FROM sqlite_schema WHERE type = ?1 AND name = ?2 COLLATE NOCASE", binds) !=
           0;
}

}  // namespace

std::string holder_name(Name const& index) { return "evolver_index_" + index.text(); }
std::string notes_name(Name const& index) { return "evolver_noted_" + index.text(); }

std::string written_name(IndexLayout const& layout) {
    return layout.nullable() ? "evolver_imposter_" + layout.index.name.text() : holder_name(layout.index.name);
}

std::vector<std::string> begin_build(IndexLayout const& layout) {
    std::vector<std::string> statements{holder(layout, holder_name(layout.index.name)),
                                        "CREATE TABLE " + quoted(notes_name(layout.index.name)) +
                                            " (note INTEGER PRIMARY KEY, " + definitions(layout) + ")"};
    for (auto& trigger : triggers(layout)) statements.push_back(std::move(trigger));
    return statements;
}

std::string imposter(IndexLayout const& layout) { return holder(layout, written_name(layout)); }

std::vector<std::string> adopt(IndexLayout const& layout) {
    auto const name = layout.index.name;
    std::vector<std::string> statements{
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) SELECT 'index', " + literal(name.text()) +
            ", t.name, h.rootpage, " + literal(create_index(layout.index)) +
            " FROM sqlite_schema AS h, sqlite_schema AS t WHERE h.type = 'table' AND h.name = " +
            literal(holder_name(name)) + " AND t.type = 'table' AND t.name = " + literal(layout.index.table.text()) +
            " COLLATE NOCASE",
        "DELETE FROM sqlite_schema WHERE type = 'table' AND name = " + literal(holder_name(name)),
        "PRAGMA writable_schema = RESET"};
    for (int i = 1; i <= 5; ++i)
        statements.push_back("DROP TRIGGER " + quoted(notes_name(name) + "_" + std::to_string(i)));
    // This raises schema_version, and every connection reads the schema anew.
    statements.push_back("DROP TABLE " + quoted(notes_name(name)));
    return statements;
}

std::vector<std::string> discard_build(Connection const& schema, Name const& index) {
    std::vector<std::string> statements;
    for (int i = 1; i <= 5; ++i) {
        auto const trigger = notes_name(index) + "_" + std::to_string(i);
        if (has(schema, "trigger", trigger)) statements.push_back("DROP TRIGGER " + quoted(trigger));
    }
    auto number = schema.integer(
        "SELECT coalesce(max(CAST(substr(name, 15) AS INTEGER)), 0) FROM sqlite_schema WHERE name LIKE "
        "'evolver\\_trash\\_%' ESCAPE '\\'");
    for (auto const& table : {holder_name(index), notes_name(index)}) {
        if (!has(schema, "table", table)) continue;
        statements.push_back("ALTER TABLE " + quoted(table) + " RENAME TO evolver_trash_" + std::to_string(++number));
    }
    return statements;
}

std::string make_sorted(IndexLayout const& layout) {
    return "DROP TABLE IF EXISTS temp.evolver_sorted; DROP TABLE IF EXISTS temp.evolver_runs; DROP TABLE IF EXISTS "
           "temp.evolver_proposed; DROP TABLE IF EXISTS temp.evolver_excluded; CREATE TABLE temp.evolver_sorted "
           "(entry INTEGER PRIMARY KEY, " +
           columns(layout) +
           "); CREATE TABLE temp.evolver_runs (next INTEGER, last INTEGER); CREATE TABLE temp.evolver_proposed (" +
           sorted_definitions(layout) + "); CREATE TABLE temp.evolver_excluded (" + key_columns(layout) + ")";
}

std::string collect(IndexLayout const& layout, bool from_start) {
    // The plain columns: SQLite compares fastest by a first one that differs, and a flag rarely does.
    std::string order;
    for (auto const i : all_of(layout)) {
        auto const& one = layout.columns[i];
        order += (i > 0 ? ", " : "") + std::to_string(i + 1) + " COLLATE " + quoted(one.collation) + direction(one);
    }
    return "INSERT INTO temp.evolver_sorted (" + columns(layout) + ") SELECT " + values(layout) + of_table(layout) +
           "(" + in_range(layout.key, range_of(from_start)) + ") ORDER BY " + order;
}

std::string last_held(IndexLayout const& layout) {
    return "SELECT " + with_flags(layout) + " FROM " + quoted(written_name(layout)) + " ORDER BY " +
           in_order(layout, true) + " LIMIT 1";
}

std::size_t bound_size(IndexLayout const& layout) { return sorted_columns(layout).size(); }

std::string skip_held(IndexLayout const& layout) {
    return "UPDATE temp.evolver_runs AS r SET next = coalesce((SELECT s.entry FROM " + flagged(layout) +
           " WHERE s.entry BETWEEN r.next AND r.last AND " + beyond(layout, 1, false) +
           " ORDER BY s.entry LIMIT 1), r.last + 1)";
}

std::string propose(IndexLayout const& layout) {
    return "INSERT INTO temp.evolver_proposed SELECT " + sorted_names(layout) +
           " FROM temp.evolver_runs AS r CROSS JOIN " + flagged(layout) +
           " WHERE r.next + ?1 - 1 <= r.last AND s.entry = r.next + ?1 - 1";
}

std::string first_proposed(IndexLayout const& layout) {
    return "SELECT " + sorted_names(layout) + " FROM temp.evolver_proposed ORDER BY " + sorted_order(layout) +
           " LIMIT 1";
}

std::string fill_holder(IndexLayout const& layout, Take take) {
    auto const insert = "INSERT INTO " + quoted(written_name(layout)) + " SELECT ";
    auto const from = std::string{" FROM temp.evolver_runs AS r CROSS JOIN "};
    if (take == Take::one_run)
        return insert + columns(layout) + from + "temp.evolver_sorted AS s WHERE " + taken(layout, take);
    auto const entry = joined(all_of(layout), ", ", [&](std::size_t i) {
        return layout.columns[i].nullable ? "CASE WHEN " + flag(i) + " THEN " + column(i) + " END" : column(i);
    });
    return insert + entry + from + flagged(layout) + " WHERE " + taken(layout, take) + " ORDER BY " +
           sorted_order(layout);
}

std::string move_on(IndexLayout const& layout, Take take) {
    if (take != Take::until_bound) return "UPDATE temp.evolver_runs SET next = min(last, next + ?1 - 1) + 1";
    return "UPDATE temp.evolver_runs AS r SET next = next + (SELECT count(*) FROM " + flagged(layout) + " WHERE " +
           taken(layout, take) + ")";
}

std::string next_notes(IndexLayout const& layout) {
    return "SELECT note, " + columns(layout) + " FROM " + quoted(notes_name(layout.index.name)) +
           " ORDER BY note LIMIT ?1";
}

std::string forget_notes(IndexLayout const& layout) {
    return "DELETE FROM " + quoted(notes_name(layout.index.name)) + " WHERE note <= ?1";
}

std::string take_out(IndexLayout const& layout) {
    return "DELETE FROM " + quoted(written_name(layout)) + " WHERE " +
           joined(all_of(layout), " AND ", [](std::size_t i) { return column(i) + " IS " + parameter(i + 1); });
}

std::string put_in(IndexLayout const& layout) {
    return "INSERT OR REPLACE INTO " + quoted(written_name(layout)) + " SELECT " + values(layout) + of_table(layout) +
           key_is_given(layout);
}

std::string duplicate_of(IndexLayout const& layout) {
    std::string own;
    for (auto const i : all_of(layout)) own += (i > 0 ? ", " : "") + layout.columns[i].value + " AS " + column(i);
    std::string equal;
    for (std::size_t i = 0; i < layout.parts; ++i) equal += "h." + column(i) + " = own." + column(i) + " AND ";
    auto const other =
        joined(layout.key_at, " OR ", [](std::size_t i) { return "h." + column(i) + " IS NOT own." + column(i); });
    return "SELECT 1 FROM (SELECT " + own + of_table(layout) + key_is_given(layout) + ") AS own CROSS JOIN " +
           quoted(written_name(layout)) + " AS h WHERE " + equal + "(" + other + ") AND " + is_settled(layout, "h") +
           " LIMIT 1";
}

std::string digest_table(IndexLayout const& layout, Range range, bool without_noted) {
    return "SELECT count(*), evolver_digest(" + values(layout) + ")" + of_table(layout) + "(" +
           in_range(layout.key, range) + ")" +
           (without_noted ? " AND NOT (" +
                                key_in(layout, "SELECT " + key_columns(layout) + " FROM " +
                                                   quoted(notes_name(layout.index.name))) +
                                ")"
                          : "");
}

std::string any_noted(IndexLayout const& layout) {
    return "SELECT EXISTS (SELECT 1 FROM " + quoted(notes_name(layout.index.name)) + ")";
}

std::string exclude_noted(IndexLayout const& layout, Range range) {
    return "INSERT INTO temp.evolver_excluded SELECT DISTINCT " + key_columns(layout) + " FROM " +
           quoted(notes_name(layout.index.name)) + " WHERE " + in_range(noted_key(layout), range);
}

std::string digest_excluded(IndexLayout const& layout) {
    auto const names = key_columns(layout);
    return "SELECT count(*), evolver_digest(" + columns(layout, "h.") + ") FROM (SELECT DISTINCT " + columns(layout) +
           " FROM " + quoted(notes_name(layout.index.name)) + " WHERE " +
           (layout.key_at.size() == 1 ? names : "(" + names + ")") +
           " IN (SELECT * FROM temp.evolver_excluded)) AS d CROSS JOIN " + quoted(written_name(layout)) +
           " AS h WHERE " +
           joined(all_of(layout), " AND ", [](std::size_t i) { return "h." + column(i) + " IS d." + column(i); });
}

std::vector<std::string> ranges_after(IndexLayout const& layout, std::vector<bool> const& is_null) {
    if (is_null.empty()) return {"1"};
    std::vector<std::string> ranges;
    for (std::size_t i = layout.columns.size(); i-- > 0;) {
        std::string prefix;
        for (std::size_t j = 0; j < i; ++j) prefix += column(j) + " IS " + parameter(j + 1) + " AND ";
        auto const& one = layout.columns[i];
        auto const add = [&](std::string const& after) { ranges.push_back(prefix + column(i) + after); };
        if (one.descending && !is_null[i]) {
            add(" < " + parameter(i + 1));
            if (one.nullable) add(" IS NULL");
        } else if (!one.descending) {
            add(is_null[i] ? std::string{" IS NOT NULL"} : " > " + parameter(i + 1));
        }
    }
    return ranges;
}

std::string entry_after(IndexLayout const& layout, std::string const& range) {
    return "SELECT " + columns(layout) + " FROM " + quoted(written_name(layout)) + " WHERE " + range + " ORDER BY " +
           in_order(layout) + " LIMIT 1 OFFSET " + parameter(layout.columns.size() + 1) + " - 1";
}

std::string digest_holder(IndexLayout const& layout) {
    return "SELECT count(*), evolver_digest(" + columns(layout) + ") FROM " + quoted(written_name(layout));
}

std::string digest_holder(IndexLayout const& layout, std::string const& range) {
    return "SELECT count(*), evolver_digest(" + columns(layout) + ") FROM (SELECT " + columns(layout) + " FROM " +
           quoted(written_name(layout)) + " WHERE " + range + " ORDER BY " + in_order(layout) + " LIMIT " +
           parameter(layout.columns.size() + 1) + ")";
}

std::string duplicate_in(IndexLayout const& layout, std::string const& range) {
    auto const table = quoted(written_name(layout));
    std::string equal;
    for (std::size_t i = 0; i < layout.parts; ++i) equal += "o." + column(i) + " = h." + column(i) + " AND ";
    auto const other =
        joined(layout.key_at, " OR ", [](std::size_t i) { return "o." + column(i) + " IS NOT h." + column(i); });
    return "SELECT 1 FROM (SELECT " + columns(layout) + " FROM " + table + " WHERE " + range + " ORDER BY " +
           in_order(layout) + " LIMIT " + parameter(layout.columns.size() + 1) + ") AS h WHERE EXISTS (SELECT 1 FROM " +
           table + " AS o WHERE " + equal + "(" + other + ") AND " + is_settled(layout, "o") + ") AND " +
           is_settled(layout, "h") + " LIMIT 1";
}

}  // namespace evolver::sqlite
