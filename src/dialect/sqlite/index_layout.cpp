#include "dialect/sqlite/index_layout.hpp"

#include "dialect/sqlite/create_text.hpp"
#include "dialect/sqlite/in_sync.hpp"
#include "dialect/sqlite/render.hpp"
#include "evolver/schema/tokens.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace evolver::sqlite {

namespace {

/// The conditions by which a row can be in the way of another, which REPLACE takes away without a DELETE trigger. More than that is no
/// harm: what is noted is looked at, and found to be right.
std::vector<std::string> ways(Connection const& schema, Index const& index, RowKey const& key) {
    std::vector<std::string> found;
    auto const known = inspect(schema);
    auto const* table = known.find_table(index.table);
    std::string by_key;
    for (auto const& name : key.columns)
        by_key += (by_key.empty() ? "" : " AND ") + quoted(name.text()) + " = NEW." + quoted(name.text());
    found.push_back(by_key);
    auto const of_new = [&](std::string const& text) {
        return replace_columns(
            text, [](std::string const& name) -> std::optional<std::string> { return "NEW." + quoted(name); });
    };
    auto uniques = schema.prepare("SELECT name, partial FROM pragma_index_list(?1) WHERE \"unique\" = 1");
    uniques.bind(1, std::string_view{index.table.text()});
    while (uniques.step()) {
        auto const* declared = known.find_index(Name{uniques.text(0)});
        bool const partial = uniques.integer(1) != 0;
        std::string condition;
        auto parts = schema.prepare("SELECT cid, name, coll FROM pragma_index_xinfo(?1) WHERE key = 1 ORDER BY seqno");
        parts.bind(1, std::string_view{uniques.text(0)});
        for (std::size_t i = 0; parts.step(); ++i) {
            bool const computed = parts.integer(0) == -2;
            if (computed && declared == nullptr) break;
            auto const text = computed ? enclosed(declared->parts[i].expression.text(Engine::sqlite))
                                       : quoted(parts.integer(0) == -1 ? key.rowid_alias : parts.text(1));
            auto given = computed ? of_new(text) : "NEW." + text;
            // OR REPLACE puts the default where NOT NULL gets a NULL.
            auto const* one = computed || table == nullptr ? nullptr : table->find(Name{parts.text(1)});
            if (one != nullptr && !one->nullable && one->default_value)
                given = "coalesce(" + given + ", " + enclosed(one->default_value->text(Engine::sqlite)) + ")";
            condition +=
                (condition.empty() ? "" : " AND ") + text + " = " + given + " COLLATE " + quoted(parts.text(2));
        }
        if (partial && declared != nullptr && declared->where)
            condition = enclosed(declared->where->text(Engine::sqlite)) + " AND " + condition;
        if (!condition.empty()) found.push_back(condition);
    }
    return found;
}

bool same_column(Connection const& schema, Name const& table, std::int64_t cid, Name const& name) {
    std::vector<Value> const binds{table.text(), cid, name.text()};
    return schema.integer("SELECT count(*) FROM pragma_table_xinfo(?1) WHERE cid = ?2 AND name = ?3 COLLATE NOCASE",
                          binds) != 0;
}

}  // namespace

bool IndexLayout::nullable() const {
    return std::any_of(columns.begin(), columns.end(), [](IndexColumn const& one) { return one.nullable; });
}

std::string adoption_refused(Connection const& connection) {
    int defensive = 0;
    sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_DEFENSIVE, -1, &defensive);
    if (defensive != 0)
        return "the connection is defensive (SQLITE_DBCONFIG_DEFENSIVE), and the index would be made by an entry in "
               "sqlite_schema";
    if (sqlite3_compileoption_used("UNTESTABLE") != 0)
        return "this SQLite was built with SQLITE_UNTESTABLE, and entries with NULL are written by one of its test "
               "controls";
    return {};
}

IndexLayout index_layout(Connection const& schema, Index const& index) {
    IndexLayout layout{.index = index, .key = row_key(schema, index.table), .columns = {}, .key_at = {}, .in_way = {}};
    auto const table = inspect_table(schema, index.table);
    layout.in_way = ways(schema, index, layout.key);
    layout.key_at.assign(layout.key.columns.size(), 0);
    // What the engine makes of the index, the engine knows best: collations, directions, and what stands behind the parts.
    schema.run("SAVEPOINT evolver_layout");
    try {
        schema.run(create_index(index));
        auto parts = schema.prepare(
            "SELECT i.cid, i.name, i.\"desc\", i.coll, i.key, coalesce(c.\"notnull\", 0), coalesce(c.type, ''), "
            "coalesce(c.pk, 0) FROM pragma_index_xinfo(?1) AS i LEFT JOIN pragma_table_xinfo(?2) AS c ON c.cid = i.cid "
            "ORDER BY i.seqno");
        parts.bind(1, std::string_view{index.name.text()}).bind(2, std::string_view{index.table.text()});
        while (parts.step()) {
            auto const at = layout.columns.size();
            auto const cid = parts.integer(0);
            bool const key_column = parts.integer(7) != 0 && (table->without_rowid || !layout.key.hidden_rowid);
            IndexColumn one{.value = {},
                            .collation = parts.text(3),
                            .descending = parts.integer(2) != 0,
                            .nullable = cid == -2 || (cid >= 0 && parts.integer(5) == 0 && !key_column),
                            .whole_numbers = cid >= 0 && affinity_of(parts.text(6)) == Affinity::real};
            if (cid == -2) {
                one.value = enclosed(index.parts[at].expression.text(Engine::sqlite));
            } else {
                one.value = quoted(cid == -1 ? layout.key.columns.front().text() : parts.text(1));
            }
            for (std::size_t i = 0; i < layout.key.columns.size(); ++i) {
                if (cid == -1 || (table->without_rowid && same_column(schema, index.table, cid, layout.key.columns[i])))
                    layout.key_at[i] = at;
            }
            if (parts.integer(4) != 0) ++layout.parts;
            layout.columns.push_back(std::move(one));
        }
    } catch (...) {
        schema.run("ROLLBACK TO evolver_layout; RELEASE evolver_layout");
        throw;
    }
    schema.run("ROLLBACK TO evolver_layout; RELEASE evolver_layout");
    return layout;
}

}  // namespace evolver::sqlite
