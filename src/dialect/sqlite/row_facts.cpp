#include "dialect/sqlite/row_facts.hpp"

#include "dialect/sqlite/in_sync.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/rule_sql.hpp"
#include "dialect/sqlite/statement_fault.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/schema/tokens.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace evolver::sqlite {

namespace {

Count asked(Connection const& connection, std::string const& sql) {
    try {
        return connection.integer(sql);
    } catch (EngineError const& error) {
        if (!is_the_statements_fault(error)) throw;
        return std::nullopt;
    }
}

bool has(Connection const& connection, Name const& table, std::vector<Name> const& columns) {
    auto const found = inspect_table(connection, table);
    return found && std::all_of(columns.begin(), columns.end(),
                                [&](Name const& column) { return found->find(column) != nullptr; });
}

}  // namespace

std::int64_t engine_version() { return sqlite3_libversion_number(); }

std::int64_t RowFacts::now() const { return connection_.integer("SELECT CAST(strftime('%s', 'now') AS INTEGER)"); }

std::optional<Table> RowFacts::table(Name const& table) const { return inspect_table(connection_, table); }

Count RowFacts::count_rows(Name const& table) const {
    return asked(connection_, "SELECT count(*) FROM main." + quoted(table.text()));
}

Count RowFacts::count_values(Name const& table, Name const& column) const {
    if (!has(connection_, table, {column})) return std::nullopt;
    return asked(connection_, "SELECT count(" + quoted(column.text()) + ") FROM main." + quoted(table.text()));
}

Count RowFacts::count_duplicates(Index const& index) const {
    std::string keys;
    std::string condition = index.where ? "(" + index.where->text(Engine::sqlite) + ")" : "1";
    std::vector<Name> columns;
    for (auto const& part : index.parts) {
        auto const& text = part.expression.text(Engine::sqlite);
        auto const key = (part.column ? quoted(text) : "(" + text + ")") +
                         (part.collation.empty() ? "" : " COLLATE " + quoted(part.collation));
        if (part.column) columns.emplace_back(text);
        keys += (keys.empty() ? "" : ", ") + key;
        condition += " AND " + key + " IS NOT NULL";
    }
    if (!has(connection_, index.table, columns)) return std::nullopt;
    return asked(connection_, "SELECT CAST(total(more) AS INTEGER) FROM (SELECT count(*) - 1 AS more FROM main." +
                                  quoted(index.table.text()) + " WHERE " + condition + " GROUP BY " + keys +
                                  " HAVING count(*) > 1)");
}

Count RowFacts::count_broken(Rule const& rule) const {
    if (!has(connection_, rule.table, rule.columns)) return std::nullopt;
    if (rule.reference && !has(connection_, rule.reference->table, rule.reference->referenced)) return std::nullopt;
    return asked(connection_,
                 sqlite::count_broken(PhysicalRule{.rule = rule, .key = row_key(connection_, rule.table), .row = {}}));
}

Count RowFacts::count_lost(Pair const& pair) const {
    auto const table = inspect_table(connection_, pair.table);
    if (!table || !has(connection_, pair.table, pair.from) || pair.up.empty() || pair.down.size() != pair.from.size())
        return std::nullopt;
    auto const over_old = [&](std::string const& name) -> std::optional<std::string> {
        for (std::size_t i = 0; i < pair.to.size(); ++i) {
            if (pair.to[i].name == Name{name}) return "(" + pair.up[i].text(Engine::sqlite) + ")";
        }
        return std::nullopt;
    };
    std::string kept;
    for (std::size_t i = 0; i < pair.from.size(); ++i) {
        auto const& column = *table->find(pair.from[i]);
        Side const side{column.name, affinity_of(type_words(*table, column, Engine::sqlite))};
        kept +=
            (kept.empty() ? "" : " AND ") + same(side, replace_columns(pair.down[i].text(Engine::sqlite), over_old));
    }
    return asked(connection_, "SELECT count(*) FROM main." + quoted(pair.table.text()) + " WHERE NOT (" + kept + ")");
}

Count count_misfits(Connection const& connection, Name const& table, Column const& column) {
    if (!has(connection, table, {column.name})) return std::nullopt;
    auto const affinity = affinity_of(column.type);
    if (affinity == Affinity::text || affinity == Affinity::none) return 0;
    return asked(connection, "SELECT count(*) FROM main." + quoted(table.text()) + " WHERE typeof(" +
                                 quoted(column.name.text()) + ") IN ('text', 'blob')");
}

}  // namespace evolver::sqlite
