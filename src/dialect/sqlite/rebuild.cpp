#include "dialect/sqlite/rebuild.hpp"

#include "dialect/sqlite/create_text.hpp"
#include "dialect/sqlite/joined.hpp"
#include "dialect/sqlite/uniqueness.hpp"
#include "evolver/operation/effect.hpp"
#include "evolver/schema/tokens.hpp"

#include <algorithm>

namespace evolver::sqlite {

namespace {

constexpr std::string_view shadow_prefix = "evolver_shadow_";
constexpr std::string_view trigger_prefix = "evolver_rebuild_";

Name ghosts_of(Name const& table) { return Name{"evolver_ghosts_" + table.text()}; }
Name shadow_index(Name const& index) { return Name{std::string{shadow_prefix} + index.text()}; }

std::string columns_of(std::vector<Name> const& columns, std::string const& prefix = {}) {
    return joined(columns, ", ", [&](Name const& column) { return prefix + quoted(column.text()); });
}

/// The indexes behind PRIMARY KEY and UNIQUE, with the texts that they would have without those.
std::vector<RebuiltIndex> automatic_indexes(Connection const& schema, Name const& table) {
    std::vector<RebuiltIndex> found;
    auto rows = schema.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?1 COLLATE NOCASE AND sql IS NULL ORDER BY "
        "rowid");
    rows.bind(1, std::string_view{table.text()});
    while (rows.step()) {
        std::string parts;
        auto columns =
            schema.prepare("SELECT name, coll, \"desc\" FROM pragma_index_xinfo(?1) WHERE key = 1 ORDER BY seqno");
        columns.bind(1, std::string_view{rows.text(0)});
        while (columns.step()) {
            parts += (parts.empty() ? "" : ", ") + quoted(columns.text(0)) + " COLLATE " + quoted(columns.text(1)) +
                     (columns.integer(2) != 0 ? " DESC" : "");
        }
        Name const name{rows.text(0)};
        found.push_back(
            {name, "CREATE INDEX " + quoted(name.text()) + " ON " + quoted(table.text()) + " (" + parts + ")"});
    }
    return found;
}

std::vector<RebuiltIndex> everything_on(Connection const& schema, Name const& table) {
    auto all = automatic_indexes(schema, table);
    for (auto& index : indexes_of(schema, table)) all.push_back(std::move(index));
    return all;
}

/// The CREATE TABLE by which rows that wait to be deleted are read.
std::string trash_text(std::string const& create_table, RowKey const& key, Name const& trash) {
    auto const rows = key.rowid_alias.empty() ? Rows::by_primary_key : Rows::by_rowid;
    return named_table(without_rules(create_table, rows), trash);
}

/// The columns that both forms store, in the order of the new one.
std::vector<Name> stored_in_both(Connection const& schema, Name const& table, Name const& shadow) {
    std::vector<Name> columns;
    auto const before = inspect_table(schema, table);
    auto const after = inspect_table(schema, shadow);
    for (auto const& column : after->columns) {
        auto const* old = before->find(column.name);
        if (!column.generated && old != nullptr && !old->generated) columns.push_back(column.name);
    }
    return columns;
}

/// What a row of the new form has to keep and one of the old form need not, apart from uniqueness.
std::vector<std::string> what_holds_anew(Connection const& schema, Name const& table, Name const& shadow,
                                         RowKey const& key) {
    std::vector<std::string> conditions;
    auto const before = inspect_table(schema, table);
    auto const after = inspect_table(schema, shadow);
    bool const sorted_by_key = key.rowid_alias.empty();
    for (auto const& column : after->columns) {
        auto const* old = before->find(column.name);
        bool const is_key = std::find(key.columns.begin(), key.columns.end(), column.name) != key.columns.end();
        auto const name = quoted(column.name.text());
        if (is_key && !sorted_by_key)
            conditions.push_back("typeof(" + name + ") = 'integer'");
        else if (old != nullptr && old->nullable && (!column.nullable || is_key))
            conditions.push_back(name + " IS NOT NULL");
    }
    for (auto const& check : after->checks) {
        auto const text = normalised(check.condition.text(Engine::sqlite));
        bool const known = std::any_of(before->checks.begin(), before->checks.end(), [&](Check const& other) {
            return normalised(other.condition.text(Engine::sqlite)) == text;
        });
        // A check that is NULL is kept.
        if (!known) conditions.push_back("(" + enclosed(check.condition.text(Engine::sqlite)) + ") IS NOT FALSE");
    }
    return conditions;
}

/// Which columns of the table say where a row is in the shadow.
void find_address(Rebuild& rebuild, Connection const& schema, Name const& shadow) {
    rebuild.key = row_key(schema, rebuild.table);
    rebuild.shadow_key = row_key(schema, shadow);
    if (rebuild.shadow_key.hidden_rowid) {
        if (rebuild.key.rowid_alias.empty()) {
            throw PlanError{Failure{.what = "Table " + rebuild.table.text() +
                                            " is WITHOUT ROWID, and would have no primary key in its new form.",
                                    .object = rebuild.table.text(),
                                    .instead = "give it another primary key"}};
        }
        // An INTEGER PRIMARY KEY that ends as an ordinary column is the rowid still.
        rebuild.address = {Name{rebuild.key.rowid_alias}};
        rebuild.keeps_rowid = true;
    } else {
        rebuild.address = rebuild.shadow_key.columns;
    }
}

/// A trigger's words, over one Rebuild.
class Carry {
public:
    explicit Carry(Rebuild const& rebuild)
        : rebuild_{rebuild},
          table_{quoted(rebuild.table.text())},
          shadow_{quoted(shadow_of(rebuild.table).text())},
          ghosts_{quoted(ghosts_of(rebuild.table).text())} {}

    std::vector<std::string> all() const {
        std::vector<std::string> sql;
        bool const notes = !rebuild_.in_the_way.empty();
        if (notes) {
            std::string parts;
            for (std::size_t i = 0; i < rebuild_.address.size(); ++i)
                parts += (i > 0 ? ", part" : "part") + std::to_string(i);
            sql.push_back("CREATE TABLE " + ghosts_ + " (" + parts + ")");
            sql.push_back(trigger("note_insert", "BEFORE INSERT", {}) + note({}) + " END");
            sql.push_back(trigger("note_update", "BEFORE UPDATE", {}) + note(" AND NOT " + same_key("", "OLD.")) +
                          " END");
        }
        std::string const noted = notes ? " OR EXISTS (SELECT 1 FROM " + ghosts_ + ")" : "";
        std::string const lay = notes ? lay_ghosts() : "";
        // IS: what is going to be the key may be NULL still.
        std::string const stayed = "(" + equal(rebuild_.key.columns, "NEW.", rebuild_.key.columns, "OLD.", " IS ") +
                                   " AND " + equal(rebuild_.address, "NEW.", rebuild_.address, "OLD.", " IS ") + ")";
        sql.push_back(trigger("insert", "AFTER INSERT", within("NEW.") + noted) + lay + guard() + settle("NEW.") +
                      " END");
        sql.push_back(trigger("update", "AFTER UPDATE", stayed + " AND (" + within("NEW.") + noted + ")") + lay +
                      guard() + settle("NEW.") + " END");
        sql.push_back(trigger("move", "AFTER UPDATE",
                              "NOT " + stayed + " AND (" + within("OLD.") + " OR " + within("NEW.") + noted + ")") +
                      lay + guard() + settle("OLD.") + settle("NEW.") + " END");
        sql.push_back(trigger("delete", "AFTER DELETE", within("OLD.")) + settle("OLD.") + " END");
        return sql;
    }

    static std::vector<std::string> roles() {
        return {"note_insert", "note_update", "insert", "update", "move", "delete"};
    }

private:
    [[nodiscard]] std::string trigger(std::string const& role, std::string const& event,
                                      std::string const& when) const {
        return "CREATE TRIGGER " + quoted(std::string{trigger_prefix} + role + "_" + rebuild_.table.text()) + " " +
               event + " ON " + table_ + (when.empty() ? "" : " WHEN " + when) + " BEGIN";
    }

    [[nodiscard]] static std::string equal(std::vector<Name> const& left, std::string const& left_of,
                                           std::vector<Name> const& right, std::string const& right_of,
                                           std::string const& is = " = ") {
        std::string text;
        for (std::size_t i = 0; i < left.size(); ++i) {
            text += (i > 0 ? " AND " : "") + left_of + quoted(left[i].text()) + is + right_of + quoted(right[i].text());
        }
        return "(" + text + ")";
    }
    [[nodiscard]] std::string same_key(std::string const& left, std::string const& right) const {
        return equal(rebuild_.key.columns, left, rebuild_.key.columns, right);
    }
    /// The shadow's row is that of `row`.
    [[nodiscard]] std::string in_shadow(std::string const& row, std::string const& shadow = {}) const {
        return equal(rebuild_.shadow_key.columns, shadow, rebuild_.address, row);
    }

    /// `row` is behind the checkpoint.
    [[nodiscard]] std::string within(std::string const& row) const {
        auto const id = std::to_string(rebuild_.id);
        std::string keys;
        std::string done;
        for (std::size_t i = 0; i < rebuild_.key.columns.size(); ++i) {
            keys += (i > 0 ? ", " : "") + row + quoted(rebuild_.key.columns[i].text());
            done += (i > 0 ? ", " : "") + ("(SELECT done FROM evolver_rebuild_key WHERE id = " + id +
                                           " AND part = " + std::to_string(i) + ")");
        }
        bool const one = rebuild_.key.columns.size() == 1;
        return "((SELECT complete FROM evolver_rebuild WHERE id = " + id + ") OR " + (one ? keys : "(" + keys + ")") +
               " <= " + (one ? done : "(" + done + ")") + ")";
    }

    /// The rows of the table that a REPLACE may take away.
    [[nodiscard]] std::string note(std::string const& but) const {
        return " INSERT INTO " + ghosts_ + " SELECT " + columns_of(rebuild_.address) + " FROM " + table_ + " WHERE (" +
               joined(rebuild_.in_the_way, " OR ") + ")" + but + ";";
    }

    [[nodiscard]] std::string lay_ghosts() const {
        std::string parts;
        for (std::size_t i = 0; i < rebuild_.address.size(); ++i)
            parts += (i > 0 ? ", part" : "part") + std::to_string(i);
        auto const key = columns_of(rebuild_.shadow_key.columns);
        bool const one = rebuild_.address.size() == 1;
        return " DELETE FROM " + shadow_ + " WHERE " + (one ? key : "(" + key + ")") + " IN (SELECT " + parts +
               " FROM " + ghosts_ + ") AND NOT EXISTS (SELECT 1 FROM " + table_ + " AS evolver_row WHERE " +
               equal(rebuild_.address, "evolver_row.", rebuild_.shadow_key.columns, shadow_ + ".") + ");" +
               " DELETE FROM " + ghosts_ + ";";
    }

    [[nodiscard]] std::string guard() const {
        std::string text;
        for (auto const& condition : rebuild_.not_yet) {
            text += " SELECT RAISE(ABORT, " + literal(refusal()) + ") FROM " + table_ + " WHERE " + condition +
                    " AND NOT " + same_key("", "NEW.") + ";";
        }
        return text;
    }

    /// The shadow's row is made from the table's, as it is now.
    [[nodiscard]] std::string settle(std::string const& row) const {
        auto const here = table_ + " WHERE " + same_key("", row) + " AND " + within("");
        std::string holds;
        for (auto const& condition : rebuild_.holds) holds += " AND " + condition;
        return " DELETE FROM " + shadow_ + " WHERE " + in_shadow(row) + "; " + insert_into() + " FROM " + here + holds +
               "; SELECT RAISE(ABORT, " + literal(refusal()) + ") FROM " + here + " AND NOT EXISTS (SELECT 1 FROM " +
               shadow_ + " AS evolver_row WHERE " + in_shadow(table_ + ".", "evolver_row.") + ");";
    }

    [[nodiscard]] std::string insert_into() const {
        std::string const into = rebuild_.keeps_rowid ? quoted(rebuild_.shadow_key.rowid_alias) + ", " : "";
        std::string const from = rebuild_.keeps_rowid ? quoted(rebuild_.key.rowid_alias) + ", " : "";
        return "INSERT INTO " + shadow_ + " (" + into + columns_of(rebuild_.columns) + ") SELECT " + from +
               columns_of(rebuild_.columns);
    }

    [[nodiscard]] std::string refusal() const {
        return "evolver: table " + rebuild_.table.text() +
               " is being rebuilt, and this row breaks a constraint of its new form";
    }

    Rebuild const& rebuild_;
    std::string table_;
    std::string shadow_;
    std::string ghosts_;
};

std::vector<std::string> drop_triggers(Name const& table) {
    std::vector<std::string> sql;
    for (auto const& role : Carry::roles())
        sql.push_back("DROP TRIGGER IF EXISTS " + quoted(std::string{trigger_prefix} + role + "_" + table.text()));
    sql.push_back("DROP TABLE IF EXISTS " + quoted(ghosts_of(table).text()));
    return sql;
}

/// A statement over sqlite_schema; the row's place among the others stays.
std::string rename_row(std::string const& type, Name const& from, Name const& to, Name const& table,
                       std::string const& text) {
    return "UPDATE sqlite_schema SET name = " + literal(to.text()) + ", tbl_name = " + literal(table.text()) +
           ", sql = " + literal(text) + " WHERE type = " + literal(type) + " AND name = " + literal(from.text()) +
           " COLLATE NOCASE";
}

/// The indexes behind PRIMARY KEY and UNIQUE are named after the table.
std::string rename_automatic(Name const& from, Name const& to) {
    return "UPDATE sqlite_schema SET name = 'sqlite_autoindex_' || " + literal(to.text()) +
           " || substr(name, length('sqlite_autoindex_' || " + literal(from.text()) +
           ") + 1), tbl_name = " + literal(to.text()) + " WHERE type = 'index' AND tbl_name = " + literal(from.text()) +
           " COLLATE NOCASE AND sql IS NULL";
}

Name trash_index(Name const& trash, std::size_t number) {
    return Name{trash.text() + "_" + std::to_string(number + 1)};
}

void read_again(std::vector<std::string>& sql) {
    // A view that comes and goes raises schema_version, so that other connections read the schema again.
    sql.insert(sql.end(),
               {"PRAGMA writable_schema = RESET", "CREATE VIEW evolver_touch AS SELECT 1", "DROP VIEW evolver_touch"});
}

}  // namespace

std::string create_text_of(Connection const& schema, Name const& table) {
    Value const name = table.text();
    return schema.text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE", {&name, 1});
}

std::vector<RebuiltIndex> indexes_of(Connection const& schema, Name const& table) {
    std::vector<RebuiltIndex> found;
    auto rows = schema.prepare(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?1 COLLATE NOCASE AND sql IS NOT NULL "
        "ORDER BY rowid");
    rows.bind(1, std::string_view{table.text()});
    while (rows.step()) found.push_back({Name{rows.text(0)}, rows.text(1)});
    return found;
}

Name shadow_of(Name const& table) { return Name{std::string{shadow_prefix} + table.text()}; }

Rebuild rebuild_of(Connection const& schema, Name const& table, std::string new_text, std::vector<RebuiltIndex> indexes,
                   std::int64_t id) {
    Rebuild rebuild{.table = table,
                    .id = id,
                    .old_text = create_text_of(schema, table),
                    .new_text = std::move(new_text),
                    .indexes = std::move(indexes),
                    .left = everything_on(schema, table)};
    auto const shadow = shadow_of(table);
    schema.run("SAVEPOINT evolver_form");
    try {
        for (auto const& sql : make_shadow(rebuild)) schema.run(sql);
        rebuild.columns = stored_in_both(schema, table, shadow);
        find_address(rebuild, schema, shadow);
        rebuild.holds = what_holds_anew(schema, table, shadow, rebuild.shadow_key);
        auto const before = uniquenesses(schema, table);
        for (auto const& one : before) {
            // The row at the same address is replaced by what takes its place.
            bool const same_place =
                one.columns == rebuild.address || (rebuild.keeps_rowid && one.columns == rebuild.key.columns);
            if (!same_place) rebuild.in_the_way.push_back(one.same_as_new);
        }
        for (auto const& one : uniquenesses(schema, shadow)) {
            bool const known = std::any_of(before.begin(), before.end(), [&](Uniqueness const& other) {
                return other.same_as_new == one.same_as_new;
            });
            if (!known) rebuild.not_yet.push_back(one.same_as_new);
        }
    } catch (...) {
        schema.run("ROLLBACK TO evolver_form; RELEASE evolver_form");
        throw;
    }
    schema.run("ROLLBACK TO evolver_form; RELEASE evolver_form");
    return rebuild;
}

std::vector<std::string> make_shadow(Rebuild const& rebuild) {
    auto const shadow = shadow_of(rebuild.table);
    std::vector<std::string> sql{named_table(rebuild.new_text, shadow)};
    for (auto const& index : rebuild.indexes) sql.push_back(named_index(index.text, shadow_index(index.name), shadow));
    return sql;
}

std::vector<std::string> carry_triggers(Rebuild const& rebuild) { return Carry{rebuild}.all(); }

std::string copy_rows(Rebuild const& rebuild, Range range) {
    std::string const into = rebuild.keeps_rowid ? quoted(rebuild.shadow_key.rowid_alias) + ", " : "";
    std::string const from = rebuild.keeps_rowid ? quoted(rebuild.key.rowid_alias) + ", " : "";
    return "INSERT INTO " + quoted(shadow_of(rebuild.table).text()) + " (" + into + columns_of(rebuild.columns) +
           ") SELECT " + from + columns_of(rebuild.columns) + " FROM " + quoted(rebuild.table.text()) + " WHERE " +
           in_range(rebuild.key, range) + " ORDER BY " + columns_of(rebuild.key.columns);
}

std::vector<std::string> swap(Rebuild const& rebuild, Name const& trash, Carried carried) {
    std::vector<std::string> sql;
    if (carried == Carried::by_triggers) sql = drop_triggers(rebuild.table);
    auto const shadow = shadow_of(rebuild.table);
    auto const old_rows = trash_text(rebuild.old_text, rebuild.key, trash);
    // SQLite reads sqlite_schema by rowid, and an index has to come behind its table: what belongs to the old rows moves to the end. What keeps
    // their constraints becomes indexes like any other, which can be dropped before the rows are deleted.
    auto const to_the_end = [&](std::string const& type, Name const& name, std::string const& text,
                                std::string const& where) {
        return "INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) SELECT " + literal(type) + ", " +
               literal(name.text()) + ", " + literal(trash.text()) + ", rootpage, " + literal(text) +
               " FROM sqlite_schema WHERE type = " + literal(type) + " AND " + where;
    };
    auto const named = [](Name const& name) { return "name = " + literal(name.text()) + " COLLATE NOCASE"; };
    sql.emplace_back("PRAGMA writable_schema = ON");
    sql.push_back(to_the_end("table", trash, old_rows, named(rebuild.table)));
    for (std::size_t i = 0; i < rebuild.left.size(); ++i) {
        auto const& index = rebuild.left[i];
        auto const name = trash_index(trash, i);
        sql.push_back(to_the_end("index", name, named_index(index.text, name, trash), named(index.name)));
        sql.push_back("DELETE FROM sqlite_schema WHERE type = 'index' AND " + named(index.name));
    }
    sql.push_back("UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND " +
                  named(shadow) + "), sql = " + literal(rebuild.new_text) + " WHERE type = 'table' AND " +
                  named(rebuild.table));
    sql.push_back(rename_automatic(shadow, rebuild.table));
    for (auto const& index : rebuild.indexes)
        sql.push_back(rename_row("index", shadow_index(index.name), index.name, rebuild.table, index.text));
    sql.push_back("DELETE FROM sqlite_schema WHERE type = 'table' AND " + named(shadow));
    read_again(sql);
    if (is_autoincrement(rebuild.new_text))
        sql.push_back("DELETE FROM sqlite_sequence WHERE name = " + literal(shadow.text()));
    else if (is_autoincrement(rebuild.old_text))
        sql.push_back("DELETE FROM sqlite_sequence WHERE name = " + literal(rebuild.table.text()));
    return sql;
}

std::string compare_whole(Rebuild const& rebuild) {
    auto const facts = [](Name const& table, Name const& key) {
        // Of a key that is no number it is a sum all the same: of the same numbers on both sides.
        return "(SELECT count(*) || ' rows, ' || coalesce(sum(" + quoted(key.text()) + " % 1000003), 0) FROM " +
               quoted(table.text()) + ")";
    };
    return "SELECT " + facts(rebuild.table, rebuild.address.front()) + ", " +
           facts(shadow_of(rebuild.table), rebuild.shadow_key.columns.front());
}

std::vector<std::string> give_up(Connection const& schema, Name const& table, Name const& trash) {
    auto sql = drop_triggers(table);
    auto const shadow = shadow_of(table);
    if (!inspect_table(schema, shadow)) return sql;
    sql.emplace_back("PRAGMA writable_schema = ON");
    auto const text = create_text_of(schema, shadow);
    sql.push_back(rename_row("table", shadow, trash, trash, trash_text(text, row_key(schema, shadow), trash)));
    auto const indexes = everything_on(schema, shadow);
    for (std::size_t i = 0; i < indexes.size(); ++i) {
        auto const name = trash_index(trash, i);
        sql.push_back(rename_row("index", indexes[i].name, name, trash, named_index(indexes[i].text, name, trash)));
    }
    read_again(sql);
    if (is_autoincrement(text)) sql.push_back("DELETE FROM sqlite_sequence WHERE name = " + literal(shadow.text()));
    return sql;
}

std::vector<std::string> discard(Name const& table) {
    auto sql = drop_triggers(table);
    sql.push_back("DROP TABLE IF EXISTS " + quoted(shadow_of(table).text()));
    return sql;
}

std::string identity(Rebuild const& rebuild) {
    std::string text = rebuild.old_text + '\0';
    for (auto const& sql : make_shadow(rebuild)) text += sql + '\0';
    for (auto const& sql : carry_triggers(rebuild)) text += sql + '\0';
    return text;
}

}  // namespace evolver::sqlite
